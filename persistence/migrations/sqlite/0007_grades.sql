-- The gradebook of a class, and the work that fills it. Points are floating-point numbers, as the grade engine computes
-- with them, so that a score comes back bit by bit, but for the sign of zero.

-- A version is never changed: a grade says by which it was computed.
CREATE TABLE grading_policy (
    school_id BLOB NOT NULL,
    class_id  BLOB NOT NULL,
    version   BIGINT NOT NULL CHECK (version >= 1),
    policy    TEXT NOT NULL,                      -- JSON
    made_us   BIGINT NOT NULL,
    PRIMARY KEY (school_id, class_id, version),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id)
);

CREATE TABLE grade_category (
    school_id   BLOB NOT NULL,
    category_id BLOB NOT NULL,
    class_id    BLOB NOT NULL,
    parent_id   BLOB,
    position    BIGINT NOT NULL,
    title       TEXT NOT NULL,
    weight_ppm  BIGINT CHECK (weight_ppm BETWEEN 0 AND 1000000000),   -- 1,000,000 is 100 %
    rules       TEXT NOT NULL,                   -- JSON: drop rules, aggregation: what the engine knows of a category
    version     BIGINT NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, category_id),
    UNIQUE (school_id, class_id, category_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, class_id, parent_id) REFERENCES grade_category (school_id, class_id, category_id)
);

CREATE TABLE line_item (
    school_id       BLOB NOT NULL,
    line_item_id    BLOB NOT NULL,
    class_id        BLOB NOT NULL,
    category_id     BLOB NOT NULL,
    session_id      BLOB,                         -- the grading period
    position        BIGINT NOT NULL,
    title           TEXT NOT NULL,
    points_possible DOUBLE PRECISION NOT NULL CHECK (points_possible BETWEEN 0 AND 1000000),
    due_us          BIGINT,
    weight_ppm      BIGINT CHECK (weight_ppm BETWEEN 0 AND 1000000000),
    extra_credit    BOOLEAN NOT NULL,
    omit_from_final BOOLEAN NOT NULL,
    never_drop      BOOLEAN NOT NULL,
    hidden          BOOLEAN NOT NULL,
    version         BIGINT NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, line_item_id),
    UNIQUE (school_id, class_id, line_item_id),
    FOREIGN KEY (school_id, class_id, category_id) REFERENCES grade_category (school_id, class_id, category_id),
    FOREIGN KEY (school_id, session_id) REFERENCES academic_session (school_id, session_id)
);

-- Append-only: a correction is a later entry, and the last by scored_us and score_id counts.
CREATE TABLE score (
    school_id    BLOB NOT NULL,
    score_id     BLOB NOT NULL,
    class_id     BLOB NOT NULL,
    line_item_id BLOB NOT NULL,
    person_id    BLOB NOT NULL,
    given        DOUBLE PRECISION CHECK (given BETWEEN -1000000 AND 1000000),
    excused      BOOLEAN NOT NULL,
    scored_us    BIGINT NOT NULL,
    source       TEXT NOT NULL,                   -- teacher, submission, game, import
    source_event BLOB,                            -- the game or the submission, say
    entered_by   BLOB,
    recorded_us  BIGINT NOT NULL,
    PRIMARY KEY (school_id, score_id),
    FOREIGN KEY (school_id, class_id, line_item_id) REFERENCES line_item (school_id, class_id, line_item_id),
    FOREIGN KEY (school_id, class_id, person_id) REFERENCES enrollment (school_id, class_id, person_id),
    FOREIGN KEY (school_id, entered_by) REFERENCES person (school_id, person_id)
);

-- One cell is a range of it, and so is a class.
CREATE INDEX score_cell ON score (school_id, class_id, line_item_id, person_id, scored_us, score_id);

CREATE TABLE assignment (
    school_id     BLOB NOT NULL,
    assignment_id BLOB NOT NULL,
    class_id      BLOB NOT NULL,
    line_item_id  BLOB,                           -- where its scores go, if it is graded
    title         TEXT NOT NULL,
    state         TEXT NOT NULL,                  -- draft, open, closed
    content       TEXT NOT NULL,                  -- JSON
    policy        TEXT NOT NULL,                 -- JSON: late work and the like
    attempts      BIGINT NOT NULL CHECK (attempts >= 1),
    due_us        BIGINT,
    version       BIGINT NOT NULL CHECK (version >= 1),
    created_us    BIGINT NOT NULL,
    PRIMARY KEY (school_id, assignment_id),
    UNIQUE (school_id, class_id, assignment_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, class_id, line_item_id) REFERENCES line_item (school_id, class_id, line_item_id)
);

CREATE INDEX assignment_newest ON assignment (school_id, class_id, created_us, assignment_id);

CREATE TABLE submission (
    school_id     BLOB NOT NULL,
    submission_id BLOB NOT NULL,
    assignment_id BLOB NOT NULL,
    class_id      BLOB NOT NULL,
    person_id     BLOB NOT NULL,
    attempt_no    BIGINT NOT NULL CHECK (attempt_no >= 1),
    state         TEXT NOT NULL,                  -- submitted, returned
    content       TEXT NOT NULL,                  -- JSON
    submitted_us  BIGINT NOT NULL,
    version       BIGINT NOT NULL CHECK (version >= 1),
    PRIMARY KEY (school_id, submission_id),
    UNIQUE (school_id, assignment_id, person_id, attempt_no),
    FOREIGN KEY (school_id, class_id, assignment_id) REFERENCES assignment (school_id, class_id, assignment_id),
    FOREIGN KEY (school_id, class_id, person_id) REFERENCES enrollment (school_id, class_id, person_id)
);

CREATE INDEX submission_newest ON submission (school_id, assignment_id, submitted_us, submission_id);
