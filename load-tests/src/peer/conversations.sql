-- A school whose students are in groups. Ids end with numbers, so that the load knows them all. Run as a superuser, whom
-- row-level security does not bind.
CREATE TEMP TABLE one AS SELECT '{school}'::uuid AS school, (extract(epoch FROM now()) * 1000000)::bigint AS now_us;

INSERT INTO school SELECT school, 'Hillside' FROM one;

INSERT INTO person
SELECT school, ('00000000-0000-4000-9000-' || lpad(to_hex(number), 12, '0'))::uuid, 'student', 'Person ' || number, ''
FROM one, generate_series(0, {people} - 1) AS number;

INSERT INTO conversation (school_id, conversation_id, kind, title, made_by, created_us, active_us)
SELECT school, ('00000000-0000-4000-9001-' || lpad(number::text, 12, '0'))::uuid, 'group', 'Group ' || number,
    '00000000-0000-4000-9000-000000000000', now_us, now_us
FROM one, generate_series(0, {conversations} - 1) AS number;

INSERT INTO conversation_member (school_id, conversation_id, person_id, joined_us)
SELECT school, ('00000000-0000-4000-9001-' || lpad((number % {conversations})::text, 12, '0'))::uuid,
    ('00000000-0000-4000-9000-' || lpad(to_hex(number), 12, '0'))::uuid, now_us
FROM one, generate_series(0, {people} - 1) AS number;

ANALYZE;
