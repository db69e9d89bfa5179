-- Quizzes. A version is never changed; the quiz points to its newest one.

CREATE TABLE quiz (
    school_id   uuid NOT NULL,
    quiz_id     uuid NOT NULL,
    owner_id    uuid NOT NULL,
    version     bigint NOT NULL,
    archived    boolean NOT NULL DEFAULT FALSE,
    search_text text COLLATE "C" NOT NULL,        -- title and description, lower case
    updated_us  bigint NOT NULL,
    PRIMARY KEY (school_id, quiz_id),
    FOREIGN KEY (school_id, owner_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX quiz_newest ON quiz (school_id, updated_us, quiz_id);

CALL schoolbell_keep_apart('quiz');

CREATE TABLE quiz_version (
    school_id   uuid NOT NULL,
    quiz_id     uuid NOT NULL,
    version     bigint NOT NULL CHECK (version >= 1),
    title       text NOT NULL,
    description text NOT NULL,
    questions   bigint NOT NULL,
    cover       jsonb,                            -- the first picture
    content     jsonb NOT NULL,                   -- the whole quiz
    made_us     bigint NOT NULL,
    PRIMARY KEY (school_id, quiz_id, version),
    FOREIGN KEY (school_id, quiz_id) REFERENCES quiz (school_id, quiz_id)
);

CALL schoolbell_keep_apart('quiz_version');
