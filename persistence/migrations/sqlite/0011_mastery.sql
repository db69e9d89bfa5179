-- Skills, the items that exercise them, and what each person has learned of them.

CREATE TABLE skill (
    school_id  BLOB NOT NULL REFERENCES school (school_id),
    skill_id   BLOB NOT NULL,
    title      TEXT NOT NULL,
    archived   BOOLEAN NOT NULL DEFAULT FALSE,
    version    BIGINT NOT NULL CHECK (version >= 1),
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (school_id, skill_id)
);

CREATE INDEX skill_newest ON skill (school_id, created_us, skill_id);

-- Questions as items: where each stands in its quiz, and what answers have told of it.
CREATE TABLE item_param (
    school_id      BLOB NOT NULL,
    item_id        BLOB NOT NULL,
    quiz_id        BLOB NOT NULL,
    version        BIGINT NOT NULL,               -- the newest version that has it, perhaps not the quiz's newest
    question       BIGINT NOT NULL,               -- its index in that version, from 0
    kind           TEXT NOT NULL,
    options        BIGINT NOT NULL,               -- to choose from or to put in order; 0 for other kinds
    discrimination DOUBLE PRECISION NOT NULL DEFAULT 1,
    difficulty     DOUBLE PRECISION NOT NULL DEFAULT 0,
    answers        BIGINT NOT NULL DEFAULT 0,
    exposures      BIGINT NOT NULL DEFAULT 0,     -- how often it was chosen as somebody's next one
    PRIMARY KEY (school_id, item_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

CREATE INDEX item_param_quiz ON item_param (school_id, quiz_id);

CREATE TABLE item_skill (
    school_id BLOB NOT NULL,
    skill_id  BLOB NOT NULL,
    item_id   BLOB NOT NULL,
    PRIMARY KEY (school_id, skill_id, item_id),
    FOREIGN KEY (school_id, skill_id) REFERENCES skill (school_id, skill_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id)
);

CREATE INDEX item_skill_item ON item_skill (school_id, item_id);

CREATE TABLE mastery (
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    skill_id    BLOB NOT NULL,
    model       TEXT NOT NULL,                    -- by which rules, in which versions
    known       DOUBLE PRECISION NOT NULL,        -- the probability
    ability     DOUBLE PRECISION NOT NULL,        -- logits
    information DOUBLE PRECISION NOT NULL,        -- of the answers, at the abilities of their time
    answers     BIGINT NOT NULL,
    mastered_us BIGINT,                           -- since when, if it is mastered
    updated_us  BIGINT NOT NULL,
    PRIMARY KEY (school_id, person_id, skill_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, skill_id) REFERENCES skill (school_id, skill_id)
);

CREATE TABLE review_card (
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    item_id     BLOB NOT NULL,
    card_id     BLOB NOT NULL,
    model       TEXT NOT NULL,                    -- by which rule, in which version
    state       TEXT NOT NULL,                    -- learning, review, relearning
    step        BIGINT NOT NULL,
    stability   DOUBLE PRECISION NOT NULL,        -- days
    difficulty  DOUBLE PRECISION NOT NULL,
    reviews     BIGINT NOT NULL,
    lapses      BIGINT NOT NULL,
    reviewed_us BIGINT NOT NULL,
    due_us      BIGINT NOT NULL,
    PRIMARY KEY (school_id, person_id, item_id),
    UNIQUE (school_id, card_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id)
);

CREATE INDEX review_card_due ON review_card (school_id, person_id, due_us, card_id);

-- What a person was shown and has not answered yet, as it was then.
CREATE TABLE shown_item (
    school_id  BLOB NOT NULL,
    person_id  BLOB NOT NULL,
    item_id    BLOB NOT NULL,
    skill_id   BLOB,                              -- for which it was chosen; none for a review
    quiz_id    BLOB NOT NULL,
    version    BIGINT NOT NULL,
    question   BIGINT NOT NULL,
    item_order TEXT NOT NULL,                     -- JSON: how the items of an ordering question were shuffled
    shown_us   BIGINT NOT NULL,
    PRIMARY KEY (school_id, person_id, item_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

-- Each answer once.
CREATE TABLE review_log (
    school_id   BLOB NOT NULL,
    event_id    BLOB NOT NULL,                    -- follows from what was answered: the same answer is the same event
    occurred_us BIGINT NOT NULL,
    person_id   BLOB NOT NULL,
    item_id     BLOB NOT NULL,                    -- no key: what was answered outlives the item
    quiz_id     BLOB NOT NULL,
    version     BIGINT NOT NULL,
    question    BIGINT NOT NULL,
    item_order  TEXT NOT NULL,
    source      TEXT NOT NULL,                    -- game, response, review
    correct     BOOLEAN,                          -- none if the person rated the memory instead of answering
    rating      TEXT NOT NULL,                    -- again, hard, good, easy
    elapsed_ms  BIGINT,
    recorded_us BIGINT NOT NULL,
    PRIMARY KEY (school_id, event_id, occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX review_log_person ON review_log (school_id, person_id, occurred_us, event_id);

-- Games that have ended and that nobody has learned from yet. Those that ended before this was made stay out of it: their
-- cards would all be due at once.
CREATE TABLE open_learning (
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    ended_us  BIGINT NOT NULL,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);
