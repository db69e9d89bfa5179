-- The log of rooms, for a server without Redis. Heads, snapshots and entries are apart: each append rewrites the head,
-- which must stay small.

CREATE TABLE room (
    school_id uuid NOT NULL,
    kind      text NOT NULL,
    room_id   uuid NOT NULL,
    fence     bigint NOT NULL,                    -- of the valid owner
    last_seq  bigint NOT NULL,                    -- 0 before the first entry
    closed    boolean NOT NULL,
    PRIMARY KEY (school_id, kind, room_id)
) WITH (fillfactor = 50);                         -- room for the next version of a row on its own page

CALL schoolbell_keep_apart('room');

CREATE TABLE room_snapshot (
    school_id uuid NOT NULL,
    kind      text NOT NULL,
    room_id   uuid NOT NULL,
    seq       bigint NOT NULL,                    -- of the last entry in it
    body      bytea NOT NULL,
    PRIMARY KEY (school_id, kind, room_id),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
);

CALL schoolbell_keep_apart('room_snapshot');

CREATE TABLE room_entry (
    school_id uuid NOT NULL,
    kind      text NOT NULL,
    room_id   uuid NOT NULL,
    seq       bigint NOT NULL CHECK (seq >= 1),
    at_ms     bigint NOT NULL,
    body      bytea NOT NULL,
    PRIMARY KEY (school_id, kind, room_id, seq),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
);

CALL schoolbell_keep_apart('room_entry');
