-- Games that are played with a class: what its students did goes to the gradebook, once. And what a teacher says of work
-- that is given back.

CREATE TABLE class_game (
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    class_id  BLOB NOT NULL,
    posted_us BIGINT,                             -- when its scores went to the gradebook
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id)
);

CREATE INDEX class_game_class ON class_game (school_id, class_id, game_id);

-- A server looks for those that have ended and are not posted, of all schools. A row comes with the end of its game and
-- goes with its posting, each in one transaction.
CREATE TABLE open_posting (
    school_id BLOB NOT NULL,
    game_id   BLOB NOT NULL,
    ended_us  BIGINT NOT NULL,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES class_game (school_id, game_id)
);

ALTER TABLE submission ADD COLUMN comment TEXT NOT NULL DEFAULT '';          -- of whoever gave it back
ALTER TABLE submission ADD COLUMN returned_us BIGINT;

-- A person's progress over all courses, the last first.
CREATE INDEX progress_person ON progress (school_id, person_id, updated_us, lesson_id);
