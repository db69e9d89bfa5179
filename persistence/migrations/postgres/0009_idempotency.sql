-- Requests that carry a key, and what was answered: the same request again is answered the same and does nothing.

-- No keys to school and person: whoever is new is kept by the request itself.
CREATE TABLE idempotency_key (
    school_id   uuid NOT NULL,
    person_id   uuid NOT NULL,
    key         text NOT NULL,
    fingerprint uuid NOT NULL,                    -- of method, path and body
    state       text NOT NULL,                    -- running, answered
    claim_id    uuid NOT NULL,                    -- of the try that may keep its answer
    claimed_us  bigint NOT NULL,
    created_us  bigint NOT NULL,
    status      bigint,
    headers     jsonb,
    body        bytea,
    PRIMARY KEY (school_id, person_id, key)
);

CREATE INDEX idempotency_key_oldest ON idempotency_key (school_id, created_us);

CALL schoolbell_keep_apart('idempotency_key');
