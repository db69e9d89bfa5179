-- Who is whose friend, by what code somebody is found, and who wants nothing of whom.

-- One row for two people, whoever asked; the lesser id stands first.
CREATE TABLE friendship (
    school_id uuid NOT NULL,
    low_id    uuid NOT NULL,
    high_id   uuid NOT NULL CHECK (high_id > low_id),
    asked_by  uuid NOT NULL CHECK (asked_by IN (low_id, high_id)),
    friends   boolean NOT NULL,                   -- asked, and not answered yet, until then
    since_us  bigint NOT NULL,
    PRIMARY KEY (school_id, low_id, high_id),
    FOREIGN KEY (school_id, low_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, high_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX friendship_high ON friendship (school_id, high_id, low_id);

CALL schoolbell_keep_apart('friendship');

CREATE TABLE friend_code (
    school_id uuid NOT NULL,
    person_id uuid NOT NULL,
    code      text NOT NULL,
    PRIMARY KEY (school_id, person_id),
    UNIQUE (school_id, code),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CALL schoolbell_keep_apart('friend_code');

CREATE TABLE person_block (
    school_id  uuid NOT NULL,
    person_id  uuid NOT NULL,
    blocked_id uuid NOT NULL CHECK (blocked_id <> person_id),
    since_us   bigint NOT NULL,
    PRIMARY KEY (school_id, person_id, blocked_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, blocked_id) REFERENCES person (school_id, person_id)
);

CALL schoolbell_keep_apart('person_block');
