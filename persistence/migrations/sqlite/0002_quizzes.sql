-- Quizzes. A version is never changed; the quiz points to its newest one.

CREATE TABLE quiz (
    school_id   BLOB NOT NULL,
    quiz_id     BLOB NOT NULL,
    owner_id    BLOB NOT NULL,
    version     BIGINT NOT NULL,
    archived    BOOLEAN NOT NULL DEFAULT FALSE,
    search_text TEXT NOT NULL,                    -- title and description, lower case
    updated_us  BIGINT NOT NULL,
    PRIMARY KEY (school_id, quiz_id),
    FOREIGN KEY (school_id, owner_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX quiz_newest ON quiz (school_id, updated_us, quiz_id);

CREATE TABLE quiz_version (
    school_id   BLOB NOT NULL,
    quiz_id     BLOB NOT NULL,
    version     BIGINT NOT NULL CHECK (version >= 1),
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    questions   BIGINT NOT NULL,
    cover       TEXT,                             -- JSON: the first picture
    content     TEXT NOT NULL,                    -- JSON: the whole quiz
    made_us     BIGINT NOT NULL,
    PRIMARY KEY (school_id, quiz_id, version),
    FOREIGN KEY (school_id, quiz_id) REFERENCES quiz (school_id, quiz_id)
);
