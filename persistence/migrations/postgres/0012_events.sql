-- Tables of events, in partitions by month (UTC), so that what is old goes as a whole; the functions that make and drop
-- months; and what hangs on them. The time of an event never changes and is part of its key, because Postgres wants that.

-- Microseconds of a time in UTC.
CREATE FUNCTION schoolbell_us(at timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    'SELECT (extract(epoch FROM at) * 1000000)::bigint';

-- Makes the partition of a month. What came before it did lies in the partition of the rest and moves. A partition has the
-- policy of its table, because that holds only for who names the table; and nobody is granted any right on it.
-- To see the rest of all schools the owner lifts FORCE from it, which no other transaction notices.
CREATE FUNCTION schoolbell_make_month(events text, month timestamp) RETURNS boolean LANGUAGE plpgsql AS $function$
DECLARE
    part CONSTANT text := events || to_char(month, '"_"YYYY"_"MM');
    rest CONSTANT text := events || '_rest';
    moved CONSTANT text := part || '_moved';
    since CONSTANT bigint := schoolbell_us(month);
    until CONSTANT bigint := schoolbell_us(month + interval '1 month');
    make CONSTANT text := format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', part, events, since, until);
    of_it CONSTANT text := format('FROM %I WHERE occurred_us >= %s AND occurred_us < %s', rest, since, until);
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN FALSE;
    END IF;
    BEGIN
        EXECUTE make;
    EXCEPTION WHEN check_violation THEN
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', rest);
        EXECUTE format('CREATE TABLE %I AS SELECT * %s', moved, of_it);
        EXECUTE 'DELETE ' || of_it;
        EXECUTE make;
        EXECUTE format('INSERT INTO %I SELECT * FROM %I', part, moved);
        EXECUTE format('DROP TABLE %I', moved);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', rest);
    END;
    CALL schoolbell_keep_apart(part::regclass);
    RETURN TRUE;
END
$function$;

REVOKE ALL ON FUNCTION schoolbell_make_month FROM PUBLIC;

-- Keeps the months of one table as they should be: makes this one and the next three, and drops those that ended more than
-- `keep` whole months ago, none if it is null. Returns what it did. It runs as the owner of the tables, so it takes no
-- other table and no month younger than the last one, by the server's own clock; and waits for nobody long, because others
-- wait behind it: it is called again. Of several callers one works, and the others find nothing to do.
CREATE FUNCTION schoolbell_keep_months(events text, keep bigint) RETURNS TABLE (part text, made boolean)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '1s' AS $function$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    oldest CONSTANT timestamp := this_month - make_interval(months => keep::int);
    rest CONSTANT text := events || '_rest';
    month timestamp;
BEGIN
    IF events NOT IN ('answer', 'attendance_span', 'audit_log', 'response') OR keep < 1 OR keep > 12000 THEN
        RAISE EXCEPTION 'no months of % are kept for % months', events, keep USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- The number is the lock's name, chosen once.
    IF NOT pg_try_advisory_xact_lock(7061644215716937729) THEN
        RETURN;
    END IF;
    FOR ahead IN 0..3 LOOP
        month := this_month + make_interval(months => ahead);
        IF schoolbell_make_month(events, month) THEN
            RETURN QUERY SELECT events || to_char(month, '"_"YYYY"_"MM'), TRUE;
        END IF;
    END LOOP;
    IF keep IS NULL THEN
        RETURN;
    END IF;
    -- The names sort as their months do.
    FOR part IN
        SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = events::regclass AND relname ~ ('^' || events || '_\d{4}_\d\d$')
            AND relname < events || to_char(oldest, '"_"YYYY"_"MM')
        ORDER BY relname
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        made := FALSE;
        RETURN NEXT;
    END LOOP;
    IF pg_relation_size(rest::regclass) > 0 THEN
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', rest);
        EXECUTE format('DELETE FROM %I WHERE occurred_us < %s', rest, schoolbell_us(oldest));
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', rest);
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION schoolbell_keep_months FROM PUBLIC;

-- Who runs as the owner must not find another's tables under these names.
DO $path$
BEGIN
    EXECUTE format('ALTER FUNCTION schoolbell_keep_months SET search_path = %I, pg_temp', current_schema());
END
$path$;

-- Where events go whose month has no partition, so that none is lost.
CREATE PROCEDURE schoolbell_keep_rest(events text) LANGUAGE plpgsql AS $procedure$
DECLARE
    rest CONSTANT text := events || '_rest';
BEGIN
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', rest, events);
    CALL schoolbell_keep_apart(rest::regclass);
END
$procedure$;

-- Answers of live games. All of a game have the time of its end and lie together: what is kept of a game is kept then.
ALTER TABLE answer RENAME TO answer_of_old;
ALTER TABLE answer_of_old RENAME CONSTRAINT answer_pkey TO answer_of_old_pkey;

CREATE TABLE answer (
    school_id         uuid NOT NULL,
    game_id           uuid NOT NULL,
    participant_id    uuid NOT NULL,
    question          bigint NOT NULL,            -- index from 0
    value             jsonb NOT NULL,
    correct           boolean,                    -- none for polls
    points            bigint NOT NULL,
    streak_bonus      bigint NOT NULL,
    elapsed_ms        bigint,
    latency_credit_ms bigint NOT NULL,
    occurred_us       bigint NOT NULL,
    PRIMARY KEY (school_id, game_id, participant_id, question, occurred_us),
    FOREIGN KEY (school_id, game_id, participant_id)
        REFERENCES participant (school_id, game_id, participant_id)
) PARTITION BY RANGE (occurred_us);

CALL schoolbell_keep_rest('answer');

-- The owner sees all schools for as long as this takes.
ALTER TABLE answer_of_old NO FORCE ROW LEVEL SECURITY;
ALTER TABLE game NO FORCE ROW LEVEL SECURITY;

DO $months$
DECLARE
    month timestamp;
BEGIN
    FOR month IN
        SELECT DISTINCT date_trunc('month', to_timestamp(ended_us / 1000000) AT TIME ZONE 'UTC')
        FROM game WHERE ended_us > 0 AND ended_us < schoolbell_us('9999-01-01')
            AND EXISTS (SELECT FROM answer_of_old AS old WHERE old.school_id = game.school_id AND old.game_id = game.game_id)
    LOOP
        PERFORM schoolbell_make_month('answer', month);
    END LOOP;
END
$months$;

INSERT INTO answer
SELECT old.school_id, old.game_id, old.participant_id, old.question, old.value, old.correct, old.points, old.streak_bonus,
    old.elapsed_ms, old.latency_credit_ms, COALESCE(game.ended_us, game.opened_us)
FROM answer_of_old AS old JOIN game ON game.school_id = old.school_id AND game.game_id = old.game_id
ORDER BY 1, 2, 3, 4;

ALTER TABLE game FORCE ROW LEVEL SECURITY;
DROP TABLE answer_of_old;

CALL schoolbell_keep_apart('answer');

-- Who changed grades and rosters. Append-only: the server's role may neither change nor delete entries.
CREATE TABLE audit_log (
    school_id    uuid NOT NULL REFERENCES school (school_id),
    occurred_us  bigint NOT NULL,
    event_id     uuid NOT NULL,
    actor        uuid,                            -- no key to person: an entry outlives the account, and programs have none
    action       text NOT NULL,
    subject_kind text NOT NULL,                   -- person, class, submission
    subject_id   uuid NOT NULL,
    class_id     uuid,                            -- where, if it was in a class
    detail       jsonb NOT NULL,
    PRIMARY KEY (school_id, occurred_us, event_id)
) PARTITION BY RANGE (occurred_us);

CREATE INDEX audit_log_subject ON audit_log (school_id, subject_id, occurred_us, event_id);
CREATE INDEX audit_log_class ON audit_log (school_id, class_id, occurred_us, event_id) WHERE class_id IS NOT NULL;

CALL schoolbell_keep_apart('audit_log');
CALL schoolbell_keep_rest('audit_log');

-- From when to when a person was in a live class. It has no key to the class's table, because there is none: live classes
-- run without a row, and what they leave are these.
CREATE TABLE attendance_span (
    school_id       uuid NOT NULL,
    live_session_id uuid NOT NULL,
    occurred_us     bigint NOT NULL,              -- when the person came
    span_id         uuid NOT NULL,
    person_id       uuid NOT NULL,
    left_us         bigint NOT NULL,
    PRIMARY KEY (school_id, live_session_id, occurred_us, span_id),
    CHECK (left_us >= occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id)
) PARTITION BY RANGE (occurred_us);

CREATE INDEX attendance_span_person ON attendance_span (school_id, person_id, occurred_us, span_id);

CALL schoolbell_keep_apart('attendance_span');
CALL schoolbell_keep_rest('attendance_span');

-- A person's way through a quiz at an own pace.
CREATE TABLE attempt (
    school_id  uuid NOT NULL,
    attempt_id uuid NOT NULL,
    person_id  uuid NOT NULL,
    quiz_id    uuid NOT NULL,
    version    bigint NOT NULL,
    source     text NOT NULL,                     -- self_paced, offline
    started_us bigint NOT NULL,
    ended_us   bigint,
    PRIMARY KEY (school_id, attempt_id),
    UNIQUE (school_id, person_id, attempt_id),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, quiz_id, version) REFERENCES quiz_version (school_id, quiz_id, version)
);

CREATE INDEX attempt_newest ON attempt (school_id, person_id, started_us, attempt_id);

CALL schoolbell_keep_apart('attempt');

-- What a person answered outside live games, in an attempt or not.
CREATE TABLE response (
    school_id   uuid NOT NULL,
    op_id       uuid NOT NULL,                    -- made by the client: the same answer may come again under it
    occurred_us bigint NOT NULL,
    person_id   uuid NOT NULL,
    attempt_id  uuid,
    item_id     uuid NOT NULL,
    value       jsonb NOT NULL,
    correct     boolean,                          -- none for polls
    elapsed_ms  bigint,
    recorded_us bigint NOT NULL,
    PRIMARY KEY (school_id, op_id, occurred_us),
    FOREIGN KEY (school_id, person_id) REFERENCES person (school_id, person_id),
    FOREIGN KEY (school_id, person_id, attempt_id) REFERENCES attempt (school_id, person_id, attempt_id)
) PARTITION BY RANGE (occurred_us);

CREATE INDEX response_person ON response (school_id, person_id, occurred_us, op_id);
CREATE INDEX response_attempt ON response (school_id, attempt_id, occurred_us, op_id) WHERE attempt_id IS NOT NULL;

CALL schoolbell_keep_apart('response');
CALL schoolbell_keep_rest('response');
