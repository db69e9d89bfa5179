-- Conversations, what was said in them, and how far each person has read.

-- Who may begin to write to whom in a school. Without a row it is as the program says.
CREATE TABLE chat_policy (
    school_id BLOB NOT NULL PRIMARY KEY REFERENCES school (school_id),
    direct    TEXT NOT NULL,                      -- anyone, shared_class, staff_only, nobody
    version   BIGINT NOT NULL CHECK (version >= 1)
);

-- This row counts its messages.
CREATE TABLE conversation (
    school_id       BLOB NOT NULL REFERENCES school (school_id),
    conversation_id BLOB NOT NULL,
    kind            TEXT NOT NULL,                -- direct, group, class
    class_id        BLOB,                         -- of a class: whose roster says who is in it
    title           TEXT,                         -- none if it is direct
    mode            TEXT NOT NULL DEFAULT 'open', -- open, questions, slow, locked
    slow_s          BIGINT NOT NULL DEFAULT 0 CHECK (slow_s >= 0),
    last_seq        BIGINT NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    active_us       BIGINT NOT NULL,              -- when something was last sent, or else when it was made
    made_by         BLOB NOT NULL,
    created_us      BIGINT NOT NULL,
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    PRIMARY KEY (school_id, conversation_id),
    UNIQUE (school_id, class_id),
    CHECK ((kind = 'class') = (class_id IS NOT NULL)),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, made_by) REFERENCES person (school_id, person_id)
);

-- Who is in a direct conversation or a group, and how far each has read. In that of a class these are only the latter: a
-- row is made when there is something to keep, and role and state mean nothing.
CREATE TABLE conversation_member (
    school_id       BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    role            TEXT NOT NULL DEFAULT 'member',   -- owner, member
    state           TEXT NOT NULL DEFAULT 'active',   -- active, left
    joined_us       BIGINT NOT NULL,
    read_seq        BIGINT NOT NULL DEFAULT 0,
    delivered_seq   BIGINT NOT NULL DEFAULT 0,
    mentions        BIGINT NOT NULL DEFAULT 0 CHECK (mentions >= 0),   -- of this person, beyond read_seq
    muted_until_us  BIGINT,
    last_sent_us    BIGINT,
    PRIMARY KEY (school_id, conversation_id, person_id),
    FOREIGN KEY (school_id, conversation_id) REFERENCES conversation (school_id, conversation_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX conversation_member_person ON conversation_member (school_id, person_id, conversation_id);

-- The number of a row never changes, whatever is done to the file: the index of words knows messages by it.
CREATE TABLE message (
    message_row     INTEGER NOT NULL PRIMARY KEY,
    school_id       BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    seq             BIGINT NOT NULL CHECK (seq >= 1),
    message_id      BLOB NOT NULL,
    sender_id       BLOB NOT NULL,
    nonce           BLOB NOT NULL,                -- made by the client: the same message may come again under it
    thread_seq      BIGINT,                       -- the root of the thread that it is in
    reply_seq       BIGINT,                       -- the message that it quotes
    body            TEXT NOT NULL,                -- empty once it is deleted
    words           TEXT NOT NULL,                -- what it is found by; the program says what a word is
    everyone        BOOLEAN NOT NULL,             -- mentions all who are there
    state           TEXT NOT NULL DEFAULT 'sent', -- sent, deleted
    sent_us         BIGINT NOT NULL,
    edited_us       BIGINT,
    pinned_us       BIGINT,
    pinned_by       BLOB,
    replies         BIGINT NOT NULL DEFAULT 0,    -- of a root: how many are in its thread
    last_reply_seq  BIGINT,
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    UNIQUE (school_id, conversation_id, seq),
    UNIQUE (school_id, conversation_id, sender_id, nonce),
    FOREIGN KEY (school_id, conversation_id) REFERENCES conversation (school_id, conversation_id),
    FOREIGN KEY (school_id, sender_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, pinned_by) REFERENCES person (school_id, person_id)
);

CREATE INDEX message_thread ON message (school_id, conversation_id, thread_seq, seq) WHERE thread_seq IS NOT NULL;
CREATE INDEX message_pinned ON message (school_id, conversation_id, pinned_us, seq) WHERE pinned_us IS NOT NULL;

-- Words of messages, each with its conversation, so that a search looks at no other one. Words stand between spaces and
-- have no case, so the plainest of the tokenizers takes them as they are.
CREATE VIRTUAL TABLE message_word USING fts5(
    conversation, words, content = '', contentless_delete = 1, tokenize = 'ascii', detail = 'column'
);

CREATE TRIGGER message_word_added AFTER INSERT ON message WHEN new.words <> '' BEGIN
    INSERT INTO message_word (rowid, conversation, words)
    VALUES (new.message_row, hex(new.conversation_id), new.words);
END;

CREATE TRIGGER message_word_changed AFTER UPDATE OF words ON message WHEN new.words <> old.words BEGIN
    DELETE FROM message_word WHERE rowid = old.message_row;
    INSERT INTO message_word (rowid, conversation, words)
    SELECT new.message_row, hex(new.conversation_id), new.words WHERE new.words <> '';
END;

CREATE TABLE message_mention (
    school_id       BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    seq             BIGINT NOT NULL,
    person_id       BLOB NOT NULL,
    PRIMARY KEY (school_id, conversation_id, seq, person_id),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX message_mention_person ON message_mention (school_id, conversation_id, person_id, seq);

-- What a message said before it was changed or deleted.
CREATE TABLE message_edit (
    school_id       BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    seq             BIGINT NOT NULL,
    version         BIGINT NOT NULL,              -- the last one that said it
    body            TEXT NOT NULL,
    edited_us       BIGINT NOT NULL,              -- when it was replaced
    PRIMARY KEY (school_id, conversation_id, seq, version),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq)
);

CREATE TABLE message_reaction (
    school_id       BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    seq             BIGINT NOT NULL,
    emoji           TEXT NOT NULL,
    person_id       BLOB NOT NULL,
    reacted_us      BIGINT NOT NULL,
    PRIMARY KEY (school_id, conversation_id, seq, emoji, person_id),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);
