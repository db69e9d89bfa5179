-- Schools, their people and their classes. The school comes first in every key, and keys to other tables carry it, so
-- that no row can point into another school.

CREATE TABLE school (
    school_id BLOB NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL
);

CREATE TABLE person (
    school_id BLOB NOT NULL REFERENCES school (school_id),
    person_id BLOB NOT NULL,
    role      TEXT NOT NULL,
    name      TEXT NOT NULL,
    email     TEXT NOT NULL,                      -- trimmed, lower case; empty when there is none
    PRIMARY KEY (school_id, person_id)
);

CREATE UNIQUE INDEX person_email ON person (school_id, email) WHERE email <> '';

CREATE TABLE class (
    school_id BLOB NOT NULL REFERENCES school (school_id),
    class_id  BLOB NOT NULL,
    title     TEXT NOT NULL,
    PRIMARY KEY (school_id, class_id)
);

CREATE TABLE enrollment (
    school_id   BLOB NOT NULL,
    class_id    BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    role        TEXT NOT NULL,
    time_factor DOUBLE PRECISION NOT NULL CHECK (time_factor BETWEEN 1.0 AND 3.0),
    PRIMARY KEY (school_id, class_id, person_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX enrollment_person ON enrollment (school_id, person_id);
