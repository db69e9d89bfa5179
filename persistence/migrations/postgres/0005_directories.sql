-- What is asked before the school is known: routing ids only, so that the tables of schools need never be read across
-- schools. A row lives in the same transaction as what it leads to.

-- Shows a directory to all, and takes changes for the transaction's own school only.
CREATE PROCEDURE schoolbell_show_to_all(shown regclass) LANGUAGE plpgsql AS $procedure$
DECLARE
    own CONSTANT text := $own$school_id = (SELECT NULLIF(current_setting('app.current_school', TRUE), '')::uuid)$own$;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', shown);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', shown);
    EXECUTE format('CREATE POLICY schoolbell_seen_by_all ON %s FOR SELECT USING (TRUE)', shown);
    EXECUTE format('CREATE POLICY schoolbell_own_added ON %s FOR INSERT WITH CHECK (%s)', shown, own);
    EXECUTE format('CREATE POLICY schoolbell_own_changed ON %s FOR UPDATE USING (%s) WITH CHECK (%s)', shown, own, own);
    EXECUTE format('CREATE POLICY schoolbell_own_removed ON %s FOR DELETE USING (%s)', shown, own);
END
$procedure$;

CREATE TABLE open_game (
    pin       text NOT NULL PRIMARY KEY,
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    opened_us bigint NOT NULL,
    UNIQUE (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CALL schoolbell_show_to_all('open_game');

CREATE TABLE open_room (
    kind      text NOT NULL,
    school_id uuid NOT NULL,
    room_id   uuid NOT NULL,
    PRIMARY KEY (kind, school_id, room_id),
    FOREIGN KEY (school_id, kind, room_id) REFERENCES room (school_id, kind, room_id)
);

CALL schoolbell_show_to_all('open_room');
