-- A report of a game comes in parts: the facts that it travels as are small, and a game may have thousands of players.

-- Its questions and participants, in order. Those of earlier reports are in the report itself.
CREATE TABLE game_report_part (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    part      bigint NOT NULL,
    body      jsonb NOT NULL,
    PRIMARY KEY (school_id, game_id, part),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CALL schoolbell_keep_apart('game_report_part');
