-- Live quiz games, who played them and what they answered.

CREATE TABLE game (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    quiz_id   uuid NOT NULL,
    version   bigint NOT NULL,
    owner_id  uuid NOT NULL,
    title     text NOT NULL,
    pin       text NOT NULL,
    state     text NOT NULL,                      -- a phase; 'ended' is the last one
    settings  jsonb NOT NULL,
    players   bigint NOT NULL DEFAULT 0,
    opened_us bigint NOT NULL,
    ended_us  bigint,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version),
    FOREIGN KEY (school_id, owner_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX game_owner ON game (school_id, owner_id, opened_us, game_id);

CALL schoolbell_keep_apart('game');

CREATE TABLE game_report (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    report    jsonb NOT NULL,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CALL schoolbell_keep_apart('game_report');

CREATE TABLE participant (
    school_id      uuid NOT NULL,
    game_id        uuid NOT NULL,
    participant_id uuid NOT NULL,
    person_id      uuid,                          -- no key to person: a result outlives the account, and guests have none
    nickname       text NOT NULL,
    final_rank     bigint NOT NULL,
    final_score    bigint NOT NULL,
    correct        bigint NOT NULL,
    answered       bigint NOT NULL,
    late           boolean NOT NULL,
    late_credit    bigint NOT NULL,
    kicked         boolean NOT NULL,
    PRIMARY KEY (school_id, game_id, participant_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CREATE INDEX participant_person ON participant (school_id, person_id) WHERE person_id IS NOT NULL;

CALL schoolbell_keep_apart('participant');

CREATE TABLE answer (
    school_id         uuid NOT NULL,
    game_id           uuid NOT NULL,
    participant_id    uuid NOT NULL,
    question          bigint NOT NULL,            -- index from 0
    value             jsonb NOT NULL,
    correct           boolean,                    -- none for polls
    points            bigint NOT NULL,
    streak_bonus      bigint NOT NULL,
    elapsed_ms        bigint,
    latency_credit_ms bigint NOT NULL,
    PRIMARY KEY (school_id, game_id, participant_id, question),
    FOREIGN KEY (school_id, game_id, participant_id)
        REFERENCES participant (school_id, game_id, participant_id)
);

CALL schoolbell_keep_apart('answer');
