-- Live quiz games, who played them and what they answered.

CREATE TABLE game (
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    quiz_id   BLOB NOT NULL,
    version   BIGINT NOT NULL,
    owner_id  BLOB NOT NULL,
    title     TEXT NOT NULL,
    pin       TEXT NOT NULL,
    state     TEXT NOT NULL,                      -- a phase; 'ended' is the last one
    settings  TEXT NOT NULL,                      -- JSON
    players   BIGINT NOT NULL DEFAULT 0,
    opened_us BIGINT NOT NULL,
    ended_us  BIGINT,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version),
    FOREIGN KEY (school_id, owner_id) REFERENCES person (school_id, person_id)
);

-- A PIN is looked up before the school is known, so it is unique among the open games of all schools.
CREATE UNIQUE INDEX game_open_pin ON game (pin) WHERE state <> 'ended';
CREATE INDEX game_owner ON game (school_id, owner_id, opened_us, game_id);

CREATE TABLE game_report (
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    report    TEXT NOT NULL,                      -- JSON
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CREATE TABLE participant (
    school_id      BLOB NOT NULL,
    game_id        BLOB NOT NULL,
    participant_id BLOB NOT NULL,
    person_id      BLOB,                          -- no key to person: a result outlives the account, and guests have none
    nickname       TEXT NOT NULL,
    final_rank     BIGINT NOT NULL,
    final_score    BIGINT NOT NULL,
    correct        BIGINT NOT NULL,
    answered       BIGINT NOT NULL,
    late           BOOLEAN NOT NULL,
    late_credit    BIGINT NOT NULL,
    kicked         BOOLEAN NOT NULL,
    PRIMARY KEY (school_id, game_id, participant_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
) WITHOUT ROWID;

CREATE INDEX participant_person ON participant (school_id, person_id) WHERE person_id IS NOT NULL;

CREATE TABLE answer (
    school_id         BLOB NOT NULL,
    game_id           BLOB NOT NULL,
    participant_id    BLOB NOT NULL,
    question          BIGINT NOT NULL,            -- index from 0
    value             TEXT NOT NULL,              -- JSON
    correct           BOOLEAN,                    -- none for polls
    points            BIGINT NOT NULL,
    streak_bonus      BIGINT NOT NULL,
    elapsed_ms        BIGINT,
    latency_credit_ms BIGINT NOT NULL,
    PRIMARY KEY (school_id, game_id, participant_id, question),
    FOREIGN KEY (school_id, game_id, participant_id)
        REFERENCES participant (school_id, game_id, participant_id)
) WITHOUT ROWID;
