-- Requests that carry a key, and what was answered: the same request again is answered the same and does nothing.

-- No keys to school and person: whoever is new is kept by the request itself.
CREATE TABLE idempotency_key (
    school_id   BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,                    -- of method, path and body
    state       TEXT NOT NULL,                    -- running, answered
    claim_id    BLOB NOT NULL,                    -- of the try that may keep its answer
    claimed_us  BIGINT NOT NULL,
    created_us  BIGINT NOT NULL,
    status      BIGINT,
    headers     TEXT,
    body        BLOB,
    PRIMARY KEY (school_id, person_id, key)
);

CREATE INDEX idempotency_key_oldest ON idempotency_key (school_id, created_us);
