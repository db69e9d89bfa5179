-- Tables of events and what hangs on them. In Postgres they are in partitions by month; here what is old is deleted.

-- Answers of live games: all of a game have the time of its end, because what is kept of a game is kept then.
ALTER TABLE answer ADD COLUMN occurred_us BIGINT NOT NULL DEFAULT 0;

UPDATE answer SET occurred_us = (
    SELECT COALESCE(game.ended_us, game.opened_us) FROM game
    WHERE game.school_id = answer.school_id AND game.game_id = answer.game_id
);

-- Who changed grades and rosters. Append-only.
CREATE TABLE audit_log (
    school_id    BLOB NOT NULL REFERENCES school (school_id),
    occurred_us  BIGINT NOT NULL,
    event_id     BLOB NOT NULL,
    actor        BLOB,                            -- no key to person: an entry outlives the account, and programs have none
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,                   -- person, class, submission
    subject_id   BLOB NOT NULL,
    class_id     BLOB,                            -- where, if it was in a class
    detail       TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (school_id, occurred_us, event_id)
) WITHOUT ROWID;

CREATE INDEX audit_log_subject ON audit_log (school_id, subject_id, occurred_us, event_id);
CREATE INDEX audit_log_class ON audit_log (school_id, class_id, occurred_us, event_id) WHERE class_id IS NOT NULL;

-- From when to when a person was in a live class. It has no key to the class's table, because there is none: live classes
-- run without a row, and what they leave are these.
CREATE TABLE attendance_span (
    school_id       BLOB NOT NULL,
    live_session_id BLOB NOT NULL,
    occurred_us     BIGINT NOT NULL,              -- when the person came
    span_id         BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    left_us         BIGINT NOT NULL,
    PRIMARY KEY (school_id, live_session_id, occurred_us, span_id),
    CHECK (left_us >= occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
) WITHOUT ROWID;

CREATE INDEX attendance_span_person ON attendance_span (school_id, person_id, occurred_us, span_id);

-- A person's way through a quiz at an own pace.
CREATE TABLE attempt (
    school_id  BLOB NOT NULL,
    attempt_id BLOB NOT NULL,
    person_id  BLOB NOT NULL,
    quiz_id    BLOB NOT NULL,
    version    BIGINT NOT NULL,
    source     TEXT NOT NULL,                     -- self_paced, offline
    started_us BIGINT NOT NULL,
    ended_us   BIGINT,
    PRIMARY KEY (school_id, attempt_id),
    UNIQUE (school_id, person_id, attempt_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

CREATE INDEX attempt_newest ON attempt (school_id, person_id, started_us, attempt_id);

-- What a person answered outside live games, in an attempt or not.
CREATE TABLE response (
    school_id   BLOB NOT NULL,
    op_id       BLOB NOT NULL,                    -- made by the client: the same answer may come again under it
    occurred_us BIGINT NOT NULL,
    person_id   BLOB NOT NULL,
    attempt_id  BLOB,
    item_id     BLOB NOT NULL,
    value       TEXT NOT NULL,                    -- JSON
    correct     BOOLEAN,                          -- none for polls
    elapsed_ms  BIGINT,
    recorded_us BIGINT NOT NULL,
    PRIMARY KEY (school_id, op_id, occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, person_id, attempt_id) REFERENCES attempt (school_id, person_id, attempt_id)
) WITHOUT ROWID;

CREATE INDEX response_person ON response (school_id, person_id, occurred_us, op_id);
CREATE INDEX response_attempt ON response (school_id, attempt_id, occurred_us, op_id) WHERE attempt_id IS NOT NULL;
