-- What is asked before the school is known: routing ids only, so that the tables of schools need never be read across
-- schools. A row lives in the same transaction as what it leads to.

CREATE TABLE open_game (
    pin       TEXT NOT NULL PRIMARY KEY,
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    opened_us BIGINT NOT NULL,
    UNIQUE (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
) WITHOUT ROWID;

INSERT INTO open_game (pin, school_id, game_id, opened_us)
SELECT pin, school_id, game_id, opened_us FROM game WHERE state <> 'ended';

-- Its primary key says now that a PIN is unique among the open games.
DROP INDEX game_open_pin;

CREATE TABLE open_room (
    kind      TEXT NOT NULL,
    school_id BLOB NOT NULL,
    room_id   BLOB NOT NULL,
    PRIMARY KEY (kind, school_id, room_id),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
) WITHOUT ROWID;

INSERT INTO open_room (kind, school_id, room_id)
SELECT kind, school_id, room_id FROM room WHERE NOT closed;

DROP INDEX room_open;
