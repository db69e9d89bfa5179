-- Courses with their lessons, who takes them when, and how far each person came.

CREATE TABLE academic_session (
    school_id  uuid NOT NULL REFERENCES school (school_id),
    session_id uuid NOT NULL,
    parent_id  uuid,                              -- the year of a term, say
    kind       text NOT NULL,                     -- school_year, semester, term, grading_period
    title      text NOT NULL,
    starts_us  bigint NOT NULL,
    ends_us    bigint NOT NULL CHECK (ends_us > starts_us),
    version    bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, session_id),
    FOREIGN KEY (school_id, parent_id) REFERENCES academic_session (school_id, session_id)
);

CREATE INDEX academic_session_newest ON academic_session (school_id, starts_us, session_id);

CALL schoolbell_keep_apart('academic_session');

CREATE TABLE course (
    school_id  uuid NOT NULL REFERENCES school (school_id),
    course_id  uuid NOT NULL,
    title      text NOT NULL,
    archived   boolean NOT NULL DEFAULT FALSE,
    version    bigint NOT NULL CHECK (version >= 1),
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    PRIMARY KEY (school_id, course_id)
);

CREATE INDEX course_newest ON course (school_id, created_us, course_id);

CALL schoolbell_keep_apart('course');

-- A version is never changed; the lesson points to its newest one and to the one that students see.
CREATE TABLE lesson (
    school_id         uuid NOT NULL,
    lesson_id         uuid NOT NULL,
    course_id         uuid NOT NULL,
    position          bigint NOT NULL,
    version           bigint NOT NULL CHECK (version >= 1),
    published_version bigint,                     -- none while it is a draft
    PRIMARY KEY (school_id, lesson_id),
    UNIQUE (school_id, course_id, lesson_id),
    FOREIGN KEY (school_id, course_id) REFERENCES course (school_id, course_id)
);

CALL schoolbell_keep_apart('lesson');

CREATE TABLE lesson_version (
    school_id uuid NOT NULL,
    lesson_id uuid NOT NULL,
    version   bigint NOT NULL CHECK (version >= 1),
    title     text NOT NULL,
    content   jsonb NOT NULL,
    made_us   bigint NOT NULL,
    PRIMARY KEY (school_id, lesson_id, version),
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, lesson_id)
);

CALL schoolbell_keep_apart('lesson_version');

ALTER TABLE class
    ADD COLUMN course_id  uuid,
    ADD COLUMN session_id uuid,
    ADD COLUMN version    bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_us bigint NOT NULL DEFAULT 0,
    ADD FOREIGN KEY (school_id, course_id) REFERENCES course (school_id, course_id),
    ADD FOREIGN KEY (school_id, session_id) REFERENCES academic_session (school_id, session_id);

CREATE INDEX class_newest ON class (school_id, created_us, class_id);

-- Who left stays as a row: scores hang on it.
ALTER TABLE enrollment
    ADD COLUMN state       text NOT NULL DEFAULT 'active',   -- active, completed, withdrawn
    ADD COLUMN enrolled_us bigint NOT NULL DEFAULT 0;

CREATE INDEX enrollment_newest ON enrollment (school_id, class_id, enrolled_us, person_id);

CREATE TABLE progress (
    school_id    uuid NOT NULL,
    person_id    uuid NOT NULL,
    lesson_id    uuid NOT NULL,
    course_id    uuid NOT NULL,
    state        text NOT NULL,                   -- not_started, in_progress, completed
    fraction_ppm bigint NOT NULL CHECK (fraction_ppm BETWEEN 0 AND 1000000),
    version      bigint NOT NULL CHECK (version >= 1),
    op_id        uuid,                            -- the operation of a batch that wrote last
    reset_us     bigint,                          -- when it was last set back; what was done before does not count
    updated_us   bigint NOT NULL,
    PRIMARY KEY (school_id, person_id, lesson_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, course_id, lesson_id) REFERENCES lesson (school_id, course_id, lesson_id)
);

CREATE INDEX progress_course ON progress (school_id, course_id, person_id);

CALL schoolbell_keep_apart('progress');
