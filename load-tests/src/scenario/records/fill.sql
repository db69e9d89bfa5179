-- A school with a history, written as the server's own tables. Ids are made of a digit for the kind and a number, so that the
-- load knows them all. Run as a superuser, whom row-level security does not bind.
CREATE FUNCTION pg_temp.id(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$SELECT ('00000000-0000-4000-' || (9000 + kind) || '-' || lpad(to_hex(number), 12, '0'))::uuid$$;

CREATE TEMP TABLE one AS SELECT
    '{school}'::uuid AS school,
    (extract(epoch FROM now()) * 1000000)::bigint AS now_us;

INSERT INTO school SELECT school, 'Hillside' FROM one;

-- Teachers 0 to 49, students from 1000 on, twenty-five a class of a hundred.
INSERT INTO person
SELECT school, pg_temp.id(0, number), CASE WHEN number < 50 THEN 'teacher' ELSE 'student' END, 'Person ' || number, ''
FROM one, (SELECT generate_series(0, 49) UNION ALL SELECT generate_series(1000, 3499)) AS people (number);

INSERT INTO course (school_id, course_id, title, version, created_us, updated_us)
SELECT school, pg_temp.id(1, number), 'Course ' || number, 1, now_us + number, now_us + number
FROM one, generate_series(0, 19) AS number;

INSERT INTO lesson (school_id, lesson_id, course_id, position, version, published_version)
SELECT school, pg_temp.id(2, number), pg_temp.id(1, number / 20), number % 20, 1, 1 FROM one, generate_series(0, 399) AS number;

INSERT INTO lesson_version (school_id, lesson_id, version, title, content, made_us)
SELECT school, pg_temp.id(2, number), 1, 'Lesson ' || number, '{"blocks":[]}', now_us FROM one, generate_series(0, 399) AS number;

INSERT INTO class (school_id, class_id, title, course_id, created_us)
SELECT school, pg_temp.id(3, number), 'Class ' || number, pg_temp.id(1, number % 20), now_us + number
FROM one, generate_series(0, 99) AS number;

INSERT INTO enrollment (school_id, class_id, person_id, role, time_factor, enrolled_us)
SELECT school, pg_temp.id(3, number), pg_temp.id(0, number % 50), 'teacher', 1.0, now_us FROM one, generate_series(0, 99) AS number
UNION ALL
SELECT school, pg_temp.id(3, number / 25), pg_temp.id(0, 1000 + number), 'student', 1.0, now_us
FROM one, generate_series(0, 2499) AS number;

INSERT INTO progress (school_id, person_id, lesson_id, course_id, state, fraction_ppm, version, updated_us)
SELECT school, pg_temp.id(0, 1000 + student), pg_temp.id(2, student / 25 % 20 * 20 + lesson), pg_temp.id(1, student / 25 % 20),
    'in_progress', 500000, 1, now_us
FROM one, generate_series(0, 2499) AS student, generate_series(0, 9) AS lesson;

INSERT INTO skill (school_id, skill_id, title, version, created_us, updated_us)
SELECT school, pg_temp.id(1, 1000 + number), 'Skill ' || number, 1, now_us, now_us FROM one, generate_series(0, 39) AS number;

INSERT INTO mastery (school_id, person_id, skill_id, model, known, ability, information, answers, updated_us)
SELECT school, pg_temp.id(0, 1000 + student), pg_temp.id(1, 1000 + skill), 'bkt_1+elo_1', 0.5, 0.0, 1.0, 10, now_us
FROM one, generate_series(0, 2499) AS student, generate_series(0, 39) AS skill;

INSERT INTO grade_category (school_id, category_id, class_id, position, title, rules, version)
SELECT school, pg_temp.id(4, number), pg_temp.id(3, number), 0, 'Tests', '{rules}', 1 FROM one, generate_series(0, 99) AS number;

INSERT INTO line_item (school_id, line_item_id, class_id, category_id, position, title, points_possible, extra_credit,
    omit_from_final, never_drop, hidden, version)
SELECT school, pg_temp.id(5, number), pg_temp.id(3, number / 20), pg_temp.id(4, number / 20), number % 20, 'Test ' || number, 100,
    FALSE, FALSE, FALSE, FALSE, 1
FROM one, generate_series(0, 1999) AS number;

INSERT INTO score (school_id, score_id, class_id, line_item_id, person_id, given, excused, scored_us, source, recorded_us)
SELECT school, pg_temp.id(6, student * 20 + item), pg_temp.id(3, student / 25), pg_temp.id(5, student / 25 * 20 + item),
    pg_temp.id(0, 1000 + student), (student * 7 + item * 13) % 101, FALSE, now_us, 'teacher', now_us
FROM one, generate_series(0, 2499) AS student, generate_series(0, 19) AS item;

INSERT INTO quiz (school_id, quiz_id, owner_id, version, search_text, updated_us)
SELECT school, pg_temp.id(7, number), pg_temp.id(0, number % 50), 1, 'quiz ' || number, now_us + number
FROM one, generate_series(0, 499) AS number;

INSERT INTO quiz_version (school_id, quiz_id, version, title, description, questions, content, made_us)
SELECT school, pg_temp.id(7, number), 1, 'Quiz ' || number, '', 20, '{quiz}', now_us FROM one, generate_series(0, 499) AS number;

-- Games of the last three hundred days, twenty-five players and twenty questions each.
INSERT INTO game (school_id, game_id, quiz_id, version, owner_id, title, pin, state, settings, players, opened_us, ended_us)
SELECT school, pg_temp.id(8, number), pg_temp.id(7, number % 500), 1, pg_temp.id(0, number % 50), 'Game ' || number,
    lpad((number % 1000000)::text, 6, '0'), 'ended', '{}', 25, at_us, at_us + 600000000
FROM one, generate_series(0, {games} - 1) AS number,
    LATERAL (SELECT now_us - 86400000000 * (1 + number % 300) AS at_us) AS played;

INSERT INTO participant (school_id, game_id, participant_id, person_id, nickname, final_rank, final_score, correct, answered, late,
    late_credit, kicked)
SELECT school, pg_temp.id(8, number / 25), pg_temp.id(9, number), pg_temp.id(0, 1000 + number % 2500), 'Player ' || number,
    1 + number % 25, 10000 - number % 25, 15, 20, FALSE, 0, FALSE
FROM one, generate_series(0, {games} * 25 - 1) AS number;

INSERT INTO answer (school_id, game_id, participant_id, question, value, correct, points, streak_bonus, elapsed_ms,
    latency_credit_ms, occurred_us)
SELECT participant.school_id, participant.game_id, participant_id, question, '{"choice":1}', question % 4 > 0, 800, 0,
    3000 + question, 20, ended_us
FROM participant JOIN game USING (school_id, game_id), generate_series(0, 19) AS question;

INSERT INTO game_report (school_id, game_id, report)
SELECT game.school_id, game.game_id, jsonb_build_object('game', game.game_id, 'title', game.title, 'opened_at', opened_us / 1000,
    'ended_at', ended_us / 1000, 'settings', '{settings}'::jsonb, 'players', 25, 'questions', '[]'::jsonb, 'participants', (
        SELECT jsonb_agg(jsonb_build_object('participant', participant_id, 'person', person_id, 'nickname', nickname,
            'rank', final_rank, 'score', final_score, 'correct', correct, 'answered', answered, 'late', FALSE,
            'late_credit', 0, 'kicked', FALSE, 'answers', '[]'::jsonb) ORDER BY final_rank)
        FROM participant WHERE participant.school_id = game.school_id AND participant.game_id = game.game_id))
FROM game;

ANALYZE;
