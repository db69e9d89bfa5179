-- How far the journal is written, and what of it cannot be written. The journal itself is in Redis, or in a file of SQLite.

-- How far each part of a journal is written, in the same transaction as what it tells. No row of a school: the policy is
-- there because the application's tables are known by theirs.
CREATE TABLE wb_checkpoint (
    stream       text NOT NULL,
    shard        bigint NOT NULL,
    last_id      bigint NOT NULL,
    fence        bigint NOT NULL,                 -- of the writer that may go on
    committed_us bigint NOT NULL,
    PRIMARY KEY (stream, shard)
) WITH (fillfactor = 50);                         -- room for the next version of a row on its own page

ALTER TABLE wb_checkpoint ENABLE ROW LEVEL SECURITY;
CREATE POLICY schoolbell_of_no_school ON wb_checkpoint USING (TRUE) WITH CHECK (TRUE);

-- Facts that cannot be written, until somebody has mended the cause and writes them again.
CREATE TABLE wb_dead_letter (
    school_id    uuid NOT NULL,
    op_id        uuid NOT NULL,
    stream       text NOT NULL,
    shard        bigint NOT NULL,
    entry_id     bigint NOT NULL,
    kind         text NOT NULL,
    ordering_key text NOT NULL,
    occurred_us  bigint NOT NULL,
    body         bytea NOT NULL,
    code         text NOT NULL,                   -- of the cause
    cause        text NOT NULL,
    parked_us    bigint NOT NULL,
    PRIMARY KEY (school_id, op_id)
);

CALL schoolbell_keep_apart('wb_dead_letter');

-- Which schools have any: who looks for them knows no school.
CREATE TABLE open_dead_letter (
    school_id uuid NOT NULL,
    op_id     uuid NOT NULL,
    parked_us bigint NOT NULL,
    PRIMARY KEY (school_id, op_id),
    FOREIGN KEY (school_id, op_id) REFERENCES wb_dead_letter (school_id, op_id)
);

CALL schoolbell_show_to_all('open_dead_letter');
