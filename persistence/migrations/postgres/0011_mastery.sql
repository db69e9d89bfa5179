-- Skills, the items that exercise them, and what each person has learned of them.

CREATE TABLE skill (
    school_id  uuid NOT NULL REFERENCES school (school_id),
    skill_id   uuid NOT NULL,
    title      text NOT NULL,
    archived   boolean NOT NULL DEFAULT FALSE,
    version    bigint NOT NULL CHECK (version >= 1),
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    PRIMARY KEY (school_id, skill_id)
);

CREATE INDEX skill_newest ON skill (school_id, created_us, skill_id);

CALL schoolbell_keep_apart('skill');

-- Questions as items: where each stands in its quiz, and what answers have told of it.
CREATE TABLE item_param (
    school_id      uuid NOT NULL,
    item_id        uuid NOT NULL,
    quiz_id        uuid NOT NULL,
    version        bigint NOT NULL,               -- the newest version that has it, perhaps not the quiz's newest
    question       bigint NOT NULL,               -- its index in that version, from 0
    kind           text NOT NULL,
    options        bigint NOT NULL,               -- to choose from or to put in order; 0 for other kinds
    discrimination double precision NOT NULL DEFAULT 1,
    difficulty     double precision NOT NULL DEFAULT 0,
    answers        bigint NOT NULL DEFAULT 0,
    exposures      bigint NOT NULL DEFAULT 0,     -- how often it was chosen as somebody's next one
    PRIMARY KEY (school_id, item_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

CREATE INDEX item_param_quiz ON item_param (school_id, quiz_id);

CALL schoolbell_keep_apart('item_param');

CREATE TABLE item_skill (
    school_id uuid NOT NULL,
    skill_id  uuid NOT NULL,
    item_id   uuid NOT NULL,
    PRIMARY KEY (school_id, skill_id, item_id),
    FOREIGN KEY (school_id, skill_id) REFERENCES skill (school_id, skill_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id)
);

CREATE INDEX item_skill_item ON item_skill (school_id, item_id);

CALL schoolbell_keep_apart('item_skill');

CREATE TABLE mastery (
    school_id   uuid NOT NULL,
    person_id   uuid NOT NULL,
    skill_id    uuid NOT NULL,
    model       text NOT NULL,                    -- by which rules, in which versions
    known       double precision NOT NULL,        -- the probability
    ability     double precision NOT NULL,        -- logits
    information double precision NOT NULL,        -- of the answers, at the abilities of their time
    answers     bigint NOT NULL,
    mastered_us bigint,                           -- since when, if it is mastered
    updated_us  bigint NOT NULL,
    PRIMARY KEY (school_id, person_id, skill_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, skill_id) REFERENCES skill (school_id, skill_id)
);

CALL schoolbell_keep_apart('mastery');

CREATE TABLE review_card (
    school_id   uuid NOT NULL,
    person_id   uuid NOT NULL,
    item_id     uuid NOT NULL,
    card_id     uuid NOT NULL,
    model       text NOT NULL,                    -- by which rule, in which version
    state       text NOT NULL,                    -- learning, review, relearning
    step        bigint NOT NULL,
    stability   double precision NOT NULL,        -- days
    difficulty  double precision NOT NULL,
    reviews     bigint NOT NULL,
    lapses      bigint NOT NULL,
    reviewed_us bigint NOT NULL,
    due_us      bigint NOT NULL,
    PRIMARY KEY (school_id, person_id, item_id),
    UNIQUE (school_id, card_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id)
);

CREATE INDEX review_card_due ON review_card (school_id, person_id, due_us, card_id);

CALL schoolbell_keep_apart('review_card');

-- What a person was shown and has not answered yet, as it was then.
CREATE TABLE shown_item (
    school_id  uuid NOT NULL,
    person_id  uuid NOT NULL,
    item_id    uuid NOT NULL,
    skill_id   uuid,                              -- for which it was chosen; none for a review
    quiz_id    uuid NOT NULL,
    version    bigint NOT NULL,
    question   bigint NOT NULL,
    item_order jsonb NOT NULL,                    -- how the items of an ordering question were shuffled
    shown_us   bigint NOT NULL,
    PRIMARY KEY (school_id, person_id, item_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, item_id) REFERENCES item_param (school_id, item_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

CALL schoolbell_keep_apart('shown_item');

-- Each answer once. In partitions of its time from the beginning, so that months can be cut off it later.
CREATE TABLE review_log (
    school_id   uuid NOT NULL,
    event_id    uuid NOT NULL,                    -- follows from what was answered: the same answer is the same event
    occurred_us bigint NOT NULL,
    person_id   uuid NOT NULL,
    item_id     uuid NOT NULL,                    -- no key: what was answered outlives the item
    quiz_id     uuid NOT NULL,
    version     bigint NOT NULL,
    question    bigint NOT NULL,
    item_order  jsonb NOT NULL,
    source      text NOT NULL,                    -- game, response, review
    correct     boolean,                          -- none if the person rated the memory instead of answering
    rating      text NOT NULL,                    -- again, hard, good, easy
    elapsed_ms  bigint,
    recorded_us bigint NOT NULL,
    PRIMARY KEY (school_id, event_id, occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
) PARTITION BY RANGE (occurred_us);

CREATE INDEX review_log_person ON review_log (school_id, person_id, occurred_us, event_id);

CREATE TABLE review_log_rest PARTITION OF review_log DEFAULT;

CALL schoolbell_keep_apart('review_log');
CALL schoolbell_keep_apart('review_log_rest');

-- Games that have ended and that nobody has learned from yet. Those that ended before this was made stay out of it: their
-- cards would all be due at once.
CREATE TABLE open_learning (
    school_id uuid NOT NULL,
    game_id   uuid NOT NULL,
    ended_us  bigint NOT NULL,
    PRIMARY KEY (school_id, game_id),
    FOREIGN KEY (school_id, game_id) REFERENCES game (school_id, game_id)
);

CALL schoolbell_show_to_all('open_learning');
