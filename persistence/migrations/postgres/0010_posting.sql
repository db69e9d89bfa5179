-- Games that are played with a class: what its students did goes to the gradebook, once. And what a teacher says of work
-- that is given back.

CREATE TABLE class_game (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    class_id  uuid NOT NULL,
    posted_us bigint,                             -- when its scores went to the gradebook
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id)
);

CREATE INDEX class_game_class ON class_game (school_id, class_id, game_id);

CALL schoolbell_keep_apart('class_game');

-- A server looks for those that have ended and are not posted, of all schools. A row comes with the end of its game and
-- goes with its posting, each in one transaction.
CREATE TABLE open_posting (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    ended_us  bigint NOT NULL,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES class_game (school_id, game_id)
);

CALL schoolbell_show_to_all('open_posting');

ALTER TABLE submission
    ADD COLUMN comment     text NOT NULL DEFAULT '',   -- of whoever gave it back
    ADD COLUMN returned_us bigint;

-- A person's progress over all courses, the last first.
CREATE INDEX progress_person ON progress (school_id, person_id, updated_us, lesson_id);
