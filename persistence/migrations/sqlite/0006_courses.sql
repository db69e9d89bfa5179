-- Courses with their lessons, who takes them when, and how far each person came.

CREATE TABLE academic_session (
    school_id  BLOB NOT NULL REFERENCES school (school_id),
    session_id BLOB NOT NULL,
    parent_id  BLOB,                              -- the year of a term, say
    kind       TEXT NOT NULL,                     -- school_year, semester, term, grading_period
    title      TEXT NOT NULL,
    starts_us  BIGINT NOT NULL,
    ends_us    BIGINT NOT NULL CHECK (ends_us > starts_us),
    version    BIGINT NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, session_id),
    FOREIGN KEY (school_id, parent_id) REFERENCES academic_session (school_id, session_id)
);

CREATE INDEX academic_session_newest ON academic_session (school_id, starts_us, session_id);

CREATE TABLE course (
    school_id  BLOB NOT NULL REFERENCES school (school_id),
    course_id  BLOB NOT NULL,
    title      TEXT NOT NULL,
    archived   BOOLEAN NOT NULL DEFAULT FALSE,
    version    BIGINT NOT NULL CHECK (version >= 1),
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (school_id, course_id)
);

CREATE INDEX course_newest ON course (school_id, created_us, course_id);

-- A version is never changed; the lesson points to its newest one and to the one that students see.
CREATE TABLE lesson (
    school_id         BLOB NOT NULL,
    lesson_id         BLOB NOT NULL,
    course_id         BLOB NOT NULL,
    position          BIGINT NOT NULL,
    version           BIGINT NOT NULL CHECK (version >= 1),
    published_version BIGINT,                     -- none while it is a draft
    PRIMARY KEY (school_id, lesson_id),
    UNIQUE (school_id, course_id, lesson_id),
    FOREIGN KEY (school_id, course_id) REFERENCES course (school_id, course_id)
);

CREATE TABLE lesson_version (
    school_id BLOB NOT NULL,
    lesson_id BLOB NOT NULL,
    version   BIGINT NOT NULL CHECK (version >= 1),
    title     TEXT NOT NULL,
    content   TEXT NOT NULL,                      -- JSON
    made_us   BIGINT NOT NULL,
    PRIMARY KEY (school_id, lesson_id, version),
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, lesson_id)
);

-- SQLite adds no key to a table, so the table is made again. Until the commit, enrollments point to classes that are not
-- there; the copy has no keys, so that it takes nothing with it.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE class_kept AS SELECT school_id, class_id, title FROM class;

DROP TABLE class;

CREATE TABLE class (
    school_id  BLOB NOT NULL REFERENCES school (school_id),
    class_id   BLOB NOT NULL,
    title      TEXT NOT NULL,
    course_id  BLOB,
    session_id BLOB,
    version    BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (school_id, class_id),
    FOREIGN KEY (school_id, course_id) REFERENCES course (school_id, course_id),
    FOREIGN KEY (school_id, session_id) REFERENCES academic_session (school_id, session_id)
);

INSERT INTO class (school_id, class_id, title) SELECT school_id, class_id, title FROM class_kept;

DROP TABLE class_kept;

CREATE INDEX class_newest ON class (school_id, created_us, class_id);

-- Who left stays as a row: scores hang on it.
ALTER TABLE enrollment ADD COLUMN state TEXT NOT NULL DEFAULT 'active';    -- active, completed, withdrawn
ALTER TABLE enrollment ADD COLUMN enrolled_us BIGINT NOT NULL DEFAULT 0;

CREATE INDEX enrollment_newest ON enrollment (school_id, class_id, enrolled_us, person_id);

CREATE TABLE progress (
    school_id    BLOB NOT NULL,
    person_id    BLOB NOT NULL,
    lesson_id    BLOB NOT NULL,
    course_id    BLOB NOT NULL,
    state        TEXT NOT NULL,                   -- not_started, in_progress, completed
    fraction_ppm BIGINT NOT NULL CHECK (fraction_ppm BETWEEN 0 AND 1000000),
    version      BIGINT NOT NULL CHECK (version >= 1),
    op_id        BLOB,                            -- the operation of a batch that wrote last
    reset_us     BIGINT,                          -- when it was last set back; what was done before does not count
    updated_us   BIGINT NOT NULL,
    PRIMARY KEY (school_id, person_id, lesson_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, course_id, lesson_id) REFERENCES lesson (school_id, course_id, lesson_id)
);

CREATE INDEX progress_course ON progress (school_id, course_id, person_id);
