-- The log of rooms. Heads, snapshots and entries are apart: each append rewrites the head, which must stay small.

CREATE TABLE room (
    school_id BLOB NOT NULL,
    kind      TEXT NOT NULL,
    room_id   BLOB NOT NULL,
    fence     BIGINT NOT NULL,                    -- of the valid owner
    last_seq  BIGINT NOT NULL,                    -- 0 before the first entry
    closed    BOOLEAN NOT NULL,
    PRIMARY KEY (school_id, kind, room_id)
) WITHOUT ROWID;

CREATE INDEX room_open ON room (kind, school_id, room_id) WHERE NOT closed;

CREATE TABLE room_snapshot (
    school_id BLOB NOT NULL,
    kind      TEXT NOT NULL,
    room_id   BLOB NOT NULL,
    seq       BIGINT NOT NULL,                    -- of the last entry in it
    body      BLOB NOT NULL,
    PRIMARY KEY (school_id, kind, room_id),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
);

CREATE TABLE room_entry (
    school_id BLOB NOT NULL,
    kind      TEXT NOT NULL,
    room_id   BLOB NOT NULL,
    seq       BIGINT NOT NULL CHECK (seq >= 1),
    at_ms     BIGINT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (school_id, kind, room_id, seq),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
) WITHOUT ROWID;
