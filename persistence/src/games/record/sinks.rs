//! What the facts of a game become: rows that are the same when they are written again.

use super::{END, PART, PHASE, Part, PhaseNoted};
use crate::journal::{Cell, Column, Fact, Kind, Poison, Row, Sink, Upsert};
use crate::{Micros, column_word};
use protocol::ids::GameId;
use protocol::quiz::{AnswerReport, AnswerValue, GameReport, ParticipantReport};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The sinks of all that is known of games.
#[must_use]
pub fn sinks() -> Vec<Arc<dyn Sink>> {
    vec![Arc::new(Phases), Arc::new(PartsKept), Arc::new(Ends)]
}

/// A game that has ended stays so.
const PHASES: [Upsert; 1] = [Upsert {
    postgres: "
        UPDATE game SET state = noted.state FROM UNNEST($2::uuid[], $3::text[]) AS noted (game_id, state)
        WHERE game.school_id = $1 AND game.game_id = noted.game_id AND game.state <> 'ended'",
    sqlite: "
        UPDATE game SET state = $3 WHERE school_id = $1 AND game_id = $2 AND state <> 'ended'",
    columns: &[Column::Uuid, Column::Text],
    key: 1,
}];

const PARTS: [Upsert; 3] = [
    Upsert {
        postgres: "
            INSERT INTO game_report_part (school_id, game_id, part, body)
            SELECT $1, game_id, part, body FROM UNNEST($2::uuid[], $3::bigint[], $4::jsonb[]) AS t (game_id, part, body)
            ON CONFLICT (school_id, game_id, part) DO UPDATE SET body = excluded.body",
        sqlite: "
            INSERT INTO game_report_part (school_id, game_id, part, body) VALUES ($1, $2, $3, $4)
            ON CONFLICT (school_id, game_id, part) DO UPDATE SET body = excluded.body",
        columns: &[Column::Uuid, Column::I64, Column::Json],
        key: 2,
    },
    Upsert {
        postgres: "
            INSERT INTO participant (school_id, game_id, participant_id, person_id, nickname, final_rank,
                final_score, correct, answered, late, late_credit, kicked)
            SELECT $1, t.* FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::boolean[], $11::bigint[], $12::boolean[]) AS t
            ON CONFLICT (school_id, game_id, participant_id) DO UPDATE SET person_id = excluded.person_id,
                nickname = excluded.nickname, final_rank = excluded.final_rank,
                final_score = excluded.final_score, correct = excluded.correct, answered = excluded.answered,
                late = excluded.late, late_credit = excluded.late_credit, kicked = excluded.kicked",
        sqlite: "
            INSERT INTO participant (school_id, game_id, participant_id, person_id, nickname, final_rank,
                final_score, correct, answered, late, late_credit, kicked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (school_id, game_id, participant_id) DO UPDATE SET person_id = excluded.person_id,
                nickname = excluded.nickname, final_rank = excluded.final_rank,
                final_score = excluded.final_score, correct = excluded.correct, answered = excluded.answered,
                late = excluded.late, late_credit = excluded.late_credit, kicked = excluded.kicked",
        columns: &[
            Column::Uuid,
            Column::Uuid,
            Column::Uuid,
            Column::Text,
            Column::I64,
            Column::I64,
            Column::I64,
            Column::I64,
            Column::Bool,
            Column::I64,
            Column::Bool,
        ],
        key: 2,
    },
    Upsert {
        postgres: "
            INSERT INTO answer (school_id, game_id, participant_id, question, occurred_us, value, correct, points,
                streak_bonus, elapsed_ms, latency_credit_ms)
            SELECT $1, t.* FROM UNNEST($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::jsonb[], $7::boolean[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) AS t
            ON CONFLICT (school_id, game_id, participant_id, question, occurred_us) DO UPDATE SET value = excluded.value,
                correct = excluded.correct, points = excluded.points, streak_bonus = excluded.streak_bonus,
                elapsed_ms = excluded.elapsed_ms, latency_credit_ms = excluded.latency_credit_ms",
        sqlite: "
            INSERT INTO answer (school_id, game_id, participant_id, question, occurred_us, value, correct, points,
                streak_bonus, elapsed_ms, latency_credit_ms)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (school_id, game_id, participant_id, question) DO UPDATE SET value = excluded.value,
                occurred_us = excluded.occurred_us,
                correct = excluded.correct, points = excluded.points, streak_bonus = excluded.streak_bonus,
                elapsed_ms = excluded.elapsed_ms, latency_credit_ms = excluded.latency_credit_ms",
        columns: &[
            Column::Uuid,
            Column::Uuid,
            Column::I64,
            Column::I64,
            Column::Json,
            Column::Bool,
            Column::I64,
            Column::I64,
            Column::I64,
            Column::I64,
        ],
        key: 4,
    },
];

/// The game last: where it has ended, all else is there.
const ENDS: [Upsert; 5] = [
    Upsert {
        postgres: "
            INSERT INTO game_report (school_id, game_id, report)
            SELECT $1, game_id, report FROM UNNEST($2::uuid[], $3::jsonb[]) AS t (game_id, report)
            ON CONFLICT (school_id, game_id) DO UPDATE SET report = excluded.report",
        sqlite: "
            INSERT INTO game_report (school_id, game_id, report) VALUES ($1, $2, $3)
            ON CONFLICT (school_id, game_id) DO UPDATE SET report = excluded.report",
        columns: &[Column::Uuid, Column::Json],
        key: 1,
    },
    Upsert {
        postgres: "
            DELETE FROM open_game WHERE school_id = $1 AND game_id = ANY($2)",
        sqlite: "
            DELETE FROM open_game WHERE school_id = $1 AND game_id = $2",
        columns: &[Column::Uuid],
        key: 1,
    },
    Upsert {
        postgres: "
            UPDATE game SET state = 'ended', ended_us = t.ended_us, players = t.players
            FROM UNNEST($2::uuid[], $3::bigint[], $4::bigint[]) AS t (game_id, ended_us, players)
            WHERE game.school_id = $1 AND game.game_id = t.game_id",
        sqlite: "
            UPDATE game SET state = 'ended', ended_us = $3, players = $4 WHERE school_id = $1 AND game_id = $2",
        columns: &[Column::Uuid, Column::I64, Column::I64],
        key: 1,
    },
    // Of a class's game the scores are to be posted. Once they are, another end of it changes nothing in the gradebook.
    Upsert {
        postgres: "
            INSERT INTO open_posting (school_id, game_id, ended_us)
            SELECT class_game.school_id, class_game.game_id, t.ended_us
            FROM UNNEST($2::uuid[], $3::bigint[]) AS t (game_id, ended_us)
            JOIN class_game ON class_game.school_id = $1 AND class_game.game_id = t.game_id
            WHERE class_game.posted_us IS NULL
            ON CONFLICT (school_id, game_id) DO NOTHING",
        sqlite: "
            INSERT INTO open_posting (school_id, game_id, ended_us)
            SELECT school_id, game_id, $3 FROM class_game WHERE school_id = $1 AND game_id = $2 AND posted_us IS NULL
            ON CONFLICT (school_id, game_id) DO NOTHING",
        columns: &[Column::Uuid, Column::I64],
        key: 1,
    },
    // A report that is kept again is learned from again: what is known of it already counts once.
    Upsert {
        postgres: "
            INSERT INTO open_learning (school_id, game_id, ended_us)
            SELECT $1, game_id, ended_us FROM UNNEST($2::uuid[], $3::bigint[]) AS t (game_id, ended_us)
            ON CONFLICT (school_id, game_id) DO NOTHING",
        sqlite: "
            INSERT INTO open_learning (school_id, game_id, ended_us) VALUES ($1, $2, $3)
            ON CONFLICT (school_id, game_id) DO NOTHING",
        columns: &[Column::Uuid, Column::I64],
        key: 1,
    },
];

struct Phases;
struct PartsKept;
struct Ends;

fn read<T: DeserializeOwned>(fact: &Fact) -> Result<T, Poison> {
    let unreadable = |error: serde_json::Error| Poison { code: "unreadable", reason: error.to_string() };
    serde_json::from_slice(&fact.body).map_err(unreadable)
}

impl Sink for Phases {
    fn kind(&self) -> Kind {
        PHASE
    }

    fn statements(&self) -> &[Upsert] {
        &PHASES
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let PhaseNoted { game, phase } = read(fact)?;
        let word = column_word::write(phase)
            .map_err(|error| Poison { code: "unreadable", reason: error.to_string() })?;
        Ok(vec![Row { statement: 0, cells: vec![game.0.into(), word.into()] }])
    }
}

impl Sink for PartsKept {
    fn kind(&self) -> Kind {
        PART
    }

    fn statements(&self) -> &[Upsert] {
        &PARTS
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let part: Part = read(fact)?;
        let no_game = || Poison { code: "unreadable", reason: "a part says of which game it is".to_owned() };
        let game = part.game.ok_or_else(no_game)?;
        let kept = vec![game.0.into(), i64::from(part.part).into(), Cell::json(&part)?];
        let mut rows = vec![Row { statement: 0, cells: kept }];
        for participant in &part.participants {
            rows.push(Row { statement: 1, cells: of_participant(game, participant) });
            for answer in &participant.answers {
                if let Some(value) = &answer.answer {
                    rows.push(Row {
                        statement: 2,
                        cells: of_answer(game, fact.occurred_at, participant, answer, value)?,
                    });
                }
            }
        }
        Ok(rows)
    }
}

impl Sink for Ends {
    fn kind(&self) -> Kind {
        END
    }

    fn statements(&self) -> &[Upsert] {
        &ENDS
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let report: GameReport = read(fact)?;
        let game = report.game.0;
        let ended = vec![game.into(), fact.occurred_at.0.into(), i64::from(report.players).into()];
        Ok(vec![
            Row { statement: 0, cells: vec![game.into(), Cell::json(&report)?] },
            Row { statement: 1, cells: vec![game.into()] },
            Row { statement: 2, cells: ended },
            Row { statement: 3, cells: vec![game.into(), fact.occurred_at.0.into()] },
            Row { statement: 4, cells: vec![game.into(), fact.occurred_at.0.into()] },
        ])
    }
}

fn of_participant(game: GameId, participant: &ParticipantReport) -> Vec<Cell> {
    vec![
        game.0.into(),
        participant.participant.0.into(),
        Cell::Uuid(participant.person.map(|person| person.0)),
        participant.nickname.as_str().into(),
        i64::from(participant.rank).into(),
        i64::from(participant.score).into(),
        i64::from(participant.correct).into(),
        i64::from(participant.answered).into(),
        participant.late.into(),
        i64::from(participant.late_credit).into(),
        participant.kicked.into(),
    ]
}

/// All answers have the time of the game's end, so that they lie in one partition.
fn of_answer(
    game: GameId,
    ended_at: Micros,
    participant: &ParticipantReport,
    answer: &AnswerReport,
    value: &AnswerValue,
) -> Result<Vec<Cell>, Poison> {
    Ok(vec![
        game.0.into(),
        participant.participant.0.into(),
        i64::try_from(answer.question).unwrap_or(i64::MAX).into(),
        ended_at.0.into(),
        Cell::json(value)?,
        Cell::Bool(answer.correct),
        i64::from(answer.points).into(),
        i64::from(answer.streak_bonus).into(),
        Cell::I64(answer.elapsed_ms.map(u64::cast_signed)),
        answer.latency_credit_ms.cast_signed().into(),
    ])
}
