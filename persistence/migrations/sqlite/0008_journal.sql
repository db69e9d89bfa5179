-- The journal: facts that are accepted and on their way into their tables, for a server without Redis; how far they are
-- written; and those that cannot be written.

-- One row. Ids are microseconds since the epoch when a fact was accepted, or one more than the id before.
CREATE TABLE journal_head (
    shard    BIGINT NOT NULL PRIMARY KEY CHECK (shard = 0),
    last_id  BIGINT NOT NULL,                     -- of the newest fact ever accepted
    mark_id  BIGINT NOT NULL,                     -- what is not greater is committed
    bytes    BIGINT NOT NULL,                     -- of the facts that are not committed
    entries  BIGINT NOT NULL,
    fence    BIGINT NOT NULL,                     -- of the valid writer
    node     TEXT,                                -- the writer's, while its lease lasts
    until_us BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO journal_head (shard, last_id, mark_id, bytes, entries, fence, node, until_us)
VALUES (0, 0, 0, 0, 0, 0, NULL, 0);

CREATE TABLE journal_entry (
    id           INTEGER NOT NULL PRIMARY KEY,
    op_id        BLOB NOT NULL,
    school_id    BLOB NOT NULL,
    kind         TEXT NOT NULL,
    ordering_key TEXT NOT NULL,
    occurred_us  BIGINT NOT NULL,
    body         BLOB NOT NULL,
    size         BIGINT NOT NULL                  -- what it counts for in journal_head.bytes
);

-- Operations that were accepted of late. A school is part of the key: an id of one school says nothing about another's.
CREATE TABLE journal_op (
    school_id BLOB NOT NULL,
    op_id     BLOB NOT NULL,
    entry_id  BIGINT NOT NULL,
    PRIMARY KEY (school_id, op_id)
) WITHOUT ROWID;

CREATE INDEX journal_op_entry ON journal_op (entry_id);

-- How far each part of a journal is written, in the same transaction as what it tells.
CREATE TABLE wb_checkpoint (
    stream       TEXT NOT NULL,
    shard        BIGINT NOT NULL,
    last_id      BIGINT NOT NULL,
    fence        BIGINT NOT NULL,                 -- of the writer that may go on
    committed_us BIGINT NOT NULL,
    PRIMARY KEY (stream, shard)
) WITHOUT ROWID;

-- Facts that cannot be written, until somebody has mended the cause and writes them again.
CREATE TABLE wb_dead_letter (
    school_id    BLOB NOT NULL,
    op_id        BLOB NOT NULL,
    stream       TEXT NOT NULL,
    shard        BIGINT NOT NULL,
    entry_id     BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    ordering_key TEXT NOT NULL,
    occurred_us  BIGINT NOT NULL,
    body         BLOB NOT NULL,
    code         TEXT NOT NULL,                   -- of the cause
    cause        TEXT NOT NULL,
    parked_us    BIGINT NOT NULL,
    PRIMARY KEY (school_id, op_id)
);

-- Which schools have any.
CREATE TABLE open_dead_letter (
    school_id BLOB NOT NULL,
    op_id     BLOB NOT NULL,
    parked_us BIGINT NOT NULL,
    PRIMARY KEY (school_id, op_id),
    FOREIGN KEY (school_id, op_id) REFERENCES wb_dead_letter (school_id, op_id)
) WITHOUT ROWID;
