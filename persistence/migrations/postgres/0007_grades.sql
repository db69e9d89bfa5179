-- The gradebook of a class, and the work that fills it. Points are floating-point numbers, as the grade engine computes
-- with them, so that a score comes back bit by bit, but for the sign of zero.

-- A version is never changed: a grade says by which it was computed.
CREATE TABLE grading_policy (
    school_id uuid NOT NULL,
    class_id  uuid NOT NULL,
    version   bigint NOT NULL CHECK (version >= 1),
    policy    jsonb NOT NULL,
    made_us   bigint NOT NULL,
    PRIMARY KEY (school_id, class_id, version),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id)
);

CALL schoolbell_keep_apart('grading_policy');

CREATE TABLE grade_category (
    school_id   uuid NOT NULL,
    category_id uuid NOT NULL,
    class_id    uuid NOT NULL,
    parent_id   uuid,
    position    bigint NOT NULL,
    title       text NOT NULL,
    weight_ppm  bigint CHECK (weight_ppm BETWEEN 0 AND 1000000000),   -- 1,000,000 is 100 %
    rules       jsonb NOT NULL,                   -- drop rules, aggregation: what the engine knows of a category
    version     bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, category_id),
    UNIQUE (school_id, class_id, category_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, class_id, parent_id) REFERENCES grade_category (school_id, class_id, category_id)
);

CALL schoolbell_keep_apart('grade_category');

CREATE TABLE line_item (
    school_id       uuid NOT NULL,
    line_item_id    uuid NOT NULL,
    class_id        uuid NOT NULL,
    category_id     uuid NOT NULL,
    session_id      uuid,                         -- the grading period
    position        bigint NOT NULL,
    title           text NOT NULL,
    points_possible double precision NOT NULL CHECK (points_possible BETWEEN 0 AND 1000000),
    due_us          bigint,
    weight_ppm      bigint CHECK (weight_ppm BETWEEN 0 AND 1000000000),
    extra_credit    boolean NOT NULL,
    omit_from_final boolean NOT NULL,
    never_drop      boolean NOT NULL,
    hidden          boolean NOT NULL,
    version         bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, line_item_id),
    UNIQUE (school_id, class_id, line_item_id),
    FOREIGN KEY (school_id, class_id, category_id) REFERENCES grade_category (school_id, class_id, category_id),
    FOREIGN KEY (school_id, session_id) REFERENCES academic_session (school_id, session_id)
);

CALL schoolbell_keep_apart('line_item');

-- Append-only: a correction is a later entry, and the last by scored_us and score_id counts. Not in partitions by month:
-- an entry is the same one by its id alone, and in partitions its time would have to be part of that key.
CREATE TABLE score (
    school_id    uuid NOT NULL,
    score_id     uuid NOT NULL,
    class_id     uuid NOT NULL,
    line_item_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    given        double precision CHECK (given BETWEEN -1000000 AND 1000000),
    excused      boolean NOT NULL,
    scored_us    bigint NOT NULL,
    source       text NOT NULL,                   -- teacher, submission, game, import
    source_event uuid,                            -- the game or the submission, say
    entered_by   uuid,
    recorded_us  bigint NOT NULL,
    PRIMARY KEY (school_id, score_id),
    FOREIGN KEY (school_id, class_id, line_item_id) REFERENCES line_item (school_id, class_id, line_item_id),
    FOREIGN KEY (school_id, class_id, person_id) REFERENCES enrollment (school_id, class_id, person_id),
    FOREIGN KEY (school_id, entered_by) REFERENCES person (school_id, person_id)
);

-- One cell is a range of it, and so is a class.
CREATE INDEX score_cell ON score (school_id, class_id, line_item_id, person_id, scored_us, score_id);

CALL schoolbell_keep_apart('score');

CREATE TABLE assignment (
    school_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    class_id      uuid NOT NULL,
    line_item_id  uuid,                           -- where its scores go, if it is graded
    title         text NOT NULL,
    state         text NOT NULL,                  -- draft, open, closed
    content       jsonb NOT NULL,
    policy        jsonb NOT NULL,                 -- late work and the like
    attempts      bigint NOT NULL CHECK (attempts >= 1),
    due_us        bigint,
    version       bigint NOT NULL CHECK (version >= 1),
    created_us    bigint NOT NULL,
    PRIMARY KEY (school_id, assignment_id),
    UNIQUE (school_id, class_id, assignment_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, class_id, line_item_id) REFERENCES line_item (school_id, class_id, line_item_id)
);

CREATE INDEX assignment_newest ON assignment (school_id, class_id, created_us, assignment_id);

CALL schoolbell_keep_apart('assignment');

CREATE TABLE submission (
    school_id     uuid NOT NULL,
    submission_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    class_id      uuid NOT NULL,
    person_id     uuid NOT NULL,
    attempt_no    bigint NOT NULL CHECK (attempt_no >= 1),
    state         text NOT NULL,                  -- submitted, returned
    content       jsonb NOT NULL,
    submitted_us  bigint NOT NULL,
    version       bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, submission_id),
    UNIQUE (school_id, assignment_id, person_id, attempt_no),
    FOREIGN KEY (school_id, class_id, assignment_id) REFERENCES assignment (school_id, class_id, assignment_id),
    FOREIGN KEY (school_id, class_id, person_id) REFERENCES enrollment (school_id, class_id, person_id)
);

CREATE INDEX submission_newest ON submission (school_id, assignment_id, submitted_us, submission_id);

CALL schoolbell_keep_apart('submission');
