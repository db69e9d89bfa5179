-- Conversations, what was said in them, and how far each person has read.

-- Who may begin to write to whom in a school. Without a row it is as the program says.
CREATE TABLE chat_policy (
    school_id uuid NOT NULL PRIMARY KEY REFERENCES school (school_id),
    direct    text NOT NULL,                      -- anyone, shared_class, staff_only, nobody
    version   bigint NOT NULL CHECK (version >= 1)
);

CALL schoolbell_keep_apart('chat_policy');

-- The lock of this row gives messages their sequence. It changes with every message, so its pages keep room for that.
CREATE TABLE conversation (
    school_id       uuid NOT NULL REFERENCES school (school_id),
    conversation_id uuid NOT NULL,
    kind            text NOT NULL,                -- direct, group, class
    class_id        uuid,                         -- of a class: whose roster says who is in it
    title           text,                         -- none if it is direct
    mode            text NOT NULL DEFAULT 'open', -- open, questions, slow, locked
    slow_s          bigint NOT NULL DEFAULT 0 CHECK (slow_s >= 0),
    last_seq        bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    active_us       bigint NOT NULL,              -- when something was last sent, or else when it was made
    made_by         uuid NOT NULL,
    created_us      bigint NOT NULL,
    version         bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    PRIMARY KEY (school_id, conversation_id),
    UNIQUE (school_id, class_id),
    CHECK ((kind = 'class') = (class_id IS NOT NULL)),
    FOREIGN KEY (school_id, class_id) REFERENCES class (school_id, class_id),
    FOREIGN KEY (school_id, made_by) REFERENCES person (school_id, person_id)
) WITH (fillfactor = 70);

CALL schoolbell_keep_apart('conversation');

-- Who is in a direct conversation or a group, and how far each has read. In that of a class these are only the latter: a
-- row is made when there is something to keep, and role and state mean nothing.
CREATE TABLE conversation_member (
    school_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    person_id       uuid NOT NULL,
    role            text NOT NULL DEFAULT 'member',   -- owner, member
    state           text NOT NULL DEFAULT 'active',   -- active, left
    joined_us       bigint NOT NULL,
    read_seq        bigint NOT NULL DEFAULT 0,
    delivered_seq   bigint NOT NULL DEFAULT 0,
    mentions        bigint NOT NULL DEFAULT 0 CHECK (mentions >= 0),   -- of this person, beyond read_seq
    muted_until_us  bigint,
    last_sent_us    bigint,
    PRIMARY KEY (school_id, conversation_id, person_id),
    FOREIGN KEY (school_id, conversation_id) REFERENCES conversation (school_id, conversation_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
) WITH (fillfactor = 70);

CREATE INDEX conversation_member_person ON conversation_member (school_id, person_id, conversation_id);

CALL schoolbell_keep_apart('conversation_member');

CREATE TABLE message (
    school_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL CHECK (seq >= 1),
    message_id      uuid NOT NULL,
    sender_id       uuid NOT NULL,
    nonce           uuid NOT NULL,                -- made by the client: the same message may come again under it
    thread_seq      bigint,                       -- the root of the thread that it is in
    reply_seq       bigint,                       -- the message that it quotes
    body            text NOT NULL,                -- empty once it is deleted
    words           tsvector NOT NULL,            -- what it is found by; the program says what a word is
    everyone        boolean NOT NULL,             -- mentions all who are there
    state           text NOT NULL DEFAULT 'sent', -- sent, deleted
    sent_us         bigint NOT NULL,
    edited_us       bigint,
    pinned_us       bigint,
    pinned_by       uuid,
    replies         bigint NOT NULL DEFAULT 0,    -- of a root: how many are in its thread
    last_reply_seq  bigint,
    version         bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    PRIMARY KEY (school_id, conversation_id, seq),
    UNIQUE (school_id, conversation_id, sender_id, nonce),
    FOREIGN KEY (school_id, conversation_id) REFERENCES conversation (school_id, conversation_id),
    FOREIGN KEY (school_id, sender_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, pinned_by) REFERENCES person (school_id, person_id)
);

CREATE INDEX message_thread ON message (school_id, conversation_id, thread_seq, seq) WHERE thread_seq IS NOT NULL;
CREATE INDEX message_pinned ON message (school_id, conversation_id, pinned_us, seq) WHERE pinned_us IS NOT NULL;

CALL schoolbell_keep_apart('message');

CREATE TABLE message_mention (
    school_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    person_id       uuid NOT NULL,
    PRIMARY KEY (school_id, conversation_id, seq, person_id),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CREATE INDEX message_mention_person ON message_mention (school_id, conversation_id, person_id, seq);

CALL schoolbell_keep_apart('message_mention');

-- What a message said before it was changed or deleted.
CREATE TABLE message_edit (
    school_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    version         bigint NOT NULL,              -- the last one that said it
    body            text NOT NULL,
    edited_us       bigint NOT NULL,              -- when it was replaced
    PRIMARY KEY (school_id, conversation_id, seq, version),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq)
);

CALL schoolbell_keep_apart('message_edit');

CREATE TABLE message_reaction (
    school_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    emoji           text NOT NULL,
    person_id       uuid NOT NULL,
    reacted_us      bigint NOT NULL,
    PRIMARY KEY (school_id, conversation_id, seq, emoji, person_id),
    FOREIGN KEY (school_id, conversation_id, seq) REFERENCES message (school_id, conversation_id, seq),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
);

CALL schoolbell_keep_apart('message_reaction');
