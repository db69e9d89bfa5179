-- Schools, their people and their classes. The school comes first in every key, and keys to other tables carry it, so
-- that no row can point into another school. Times are microseconds since the epoch. Texts that lists are ordered by are
-- ordered by their bytes, as in SQLite.

-- Shows and takes the rows of one school: the one that the transaction named in app.current_school. Unset, it is none.
-- The setting is read once a statement, by the sub-select. FORCE binds the owner of the table, too.
CREATE PROCEDURE schoolbell_keep_apart(kept regclass) LANGUAGE plpgsql AS $procedure$
DECLARE
    own CONSTANT text := $own$school_id = (SELECT NULLIF(current_setting('app.current_school', TRUE), '')::uuid)$own$;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', kept);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', kept);
    EXECUTE format('CREATE POLICY schoolbell_own ON %s USING (%s) WITH CHECK (%s)', kept, own, own);
END
$procedure$;

CREATE TABLE school (
    school_id uuid NOT NULL PRIMARY KEY,
    name      text NOT NULL
);

CALL schoolbell_keep_apart('school');

CREATE TABLE person (
    school_id uuid NOT NULL REFERENCES school (school_id),
    person_id uuid NOT NULL,
    role      text NOT NULL,
    name      text COLLATE "C" NOT NULL,
    email     text NOT NULL,                      -- trimmed, lower case; empty when there is none
    PRIMARY KEY (school_id, person_id)
);

CREATE UNIQUE INDEX person_email ON person (school_id, email) WHERE email <> '';

CALL schoolbell_keep_apart('person');

CREATE TABLE class (
    school_id uuid NOT NULL REFERENCES school (school_id),
    class_id  uuid NOT NULL,
    title     text COLLATE "C" NOT NULL,
    PRIMARY KEY (school_id, class_id)
);

CALL schoolbell_keep_apart('class');

CREATE TABLE enrollment (
    school_id   uuid NOT NULL,
    class_id    uuid NOT NULL,
    person_id   uuid NOT NULL,
    role        text NOT NULL,
    time_factor double precision NOT NULL CHECK (time_factor BETWEEN 1.0 AND 3.0),
    PRIMARY KEY (school_id, class_id, person_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX enrollment_person ON enrollment (school_id, person_id);

CALL schoolbell_keep_apart('enrollment');
