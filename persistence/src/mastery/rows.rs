//! Rows of mastery, each beside its SQL.

use super::ledger::{Card, ItemState, Mastery};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

/// In the order of their ids, as all who learn from answers do. Lets keys that point to the people be made meanwhile.
pub(super) const TAKE_TURNS: Sql = Sql::each(
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
    ORDER BY person_id FOR NO KEY UPDATE",
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id IN
        (SELECT unhex(value) FROM json_each($2))",
);

pub(super) const LOGGED: Sql = Sql::each(
    "SELECT event_id FROM review_log WHERE school_id = $1 AND event_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))",
    "SELECT event_id FROM review_log WHERE school_id = $1 AND event_id IN
        (SELECT unhex(value) FROM json_each($2))",
);

#[derive(FromRow)]
pub(super) struct ItemRow {
    pub(super) item_id: Uuid,
    kind: String,
    #[sqlx(try_from = "i64")]
    options: u32,
    discrimination: f64,
    difficulty: f64,
    #[sqlx(try_from = "i64")]
    answers: u32,
}

pub(super) const ITEMS: Sql = Sql::each(
    "SELECT item_id, kind, options, discrimination, difficulty, answers FROM item_param
    WHERE school_id = $1 AND item_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
    ORDER BY item_id FOR NO KEY UPDATE",
    "SELECT item_id, kind, options, discrimination, difficulty, answers FROM item_param
    WHERE school_id = $1 AND item_id IN (SELECT unhex(value) FROM json_each($2))",
);

impl ItemRow {
    pub(super) fn into_state(self) -> Result<ItemState, Unavailable> {
        Ok(ItemState {
            kind: column_word::read(&self.kind)?,
            options: self.options,
            discrimination: self.discrimination,
            difficulty: self.difficulty,
            answers: self.answers,
        })
    }
}

pub(super) const SKILLS_OF_ITEMS: Sql = Sql::each(
    "SELECT item_id, skill_id FROM item_skill WHERE school_id = $1 AND item_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
    ORDER BY item_id, skill_id",
    "SELECT item_id, skill_id FROM item_skill WHERE school_id = $1 AND item_id IN
        (SELECT unhex(value) FROM json_each($2))
    ORDER BY item_id, skill_id",
);

#[derive(FromRow)]
pub(super) struct MasteryRow {
    pub(super) person_id: Uuid,
    pub(super) skill_id: Uuid,
    model: String,
    known: f64,
    ability: f64,
    information: f64,
    #[sqlx(try_from = "i64")]
    answers: u32,
    mastered_us: Option<i64>,
    updated_us: Micros,
}

pub(super) const MASTERIES: Sql = Sql::each(
    "SELECT person_id, skill_id, model, known, ability, information, answers, mastered_us, updated_us FROM mastery
    WHERE school_id = $1
        AND person_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
        AND skill_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT person_id, skill_id, model, known, ability, information, answers, mastered_us, updated_us FROM mastery
    WHERE school_id = $1 AND person_id IN (SELECT unhex(value) FROM json_each($2))
        AND skill_id IN (SELECT unhex(value) FROM json_each($3))",
);

impl MasteryRow {
    pub(super) fn into_mastery(self) -> Mastery {
        Mastery {
            model: self.model,
            known: self.known,
            ability: self.ability,
            information: self.information,
            answers: self.answers,
            mastered_at: self.mastered_us.map(Micros),
            updated_at: self.updated_us,
        }
    }
}

#[derive(FromRow)]
pub(super) struct CardRow {
    pub(super) person_id: Uuid,
    pub(super) item_id: Uuid,
    model: String,
    state: String,
    step: i64,
    stability: f64,
    difficulty: f64,
    #[sqlx(try_from = "i64")]
    reviews: u32,
    #[sqlx(try_from = "i64")]
    lapses: u32,
    reviewed_us: Micros,
    due_us: Micros,
}

pub(super) const CARDS: Sql = Sql::each(
    "SELECT person_id, item_id, model, state, step, stability, difficulty, reviews, lapses, reviewed_us, due_us
    FROM review_card
    WHERE school_id = $1
        AND person_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))
        AND item_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT person_id, item_id, model, state, step, stability, difficulty, reviews, lapses, reviewed_us, due_us
    FROM review_card
    WHERE school_id = $1 AND person_id IN (SELECT unhex(value) FROM json_each($2))
        AND item_id IN (SELECT unhex(value) FROM json_each($3))",
);

impl CardRow {
    pub(super) fn into_card(self) -> Card {
        Card {
            model: self.model,
            state: self.state,
            // There are at most ten steps.
            step: u8::try_from(self.step).unwrap_or(u8::MAX),
            stability: self.stability,
            difficulty: self.difficulty,
            reviews: self.reviews,
            lapses: self.lapses,
            reviewed_at: self.reviewed_us,
            due_at: self.due_us,
        }
    }
}

pub(super) static LOG: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO review_log (school_id, recorded_us, event_id, occurred_us, person_id, item_id, quiz_id, version,
            question, item_order, source, correct, rating, elapsed_ms) VALUES";
    MultiRow::new(head, 2, 12)
});

pub(super) static KEEP_MASTERIES: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO mastery (school_id, person_id, skill_id, model, known, ability, information, answers, mastered_us,
            updated_us) VALUES";
    MultiRow::new(head, 1, 9).ending(
        "ON CONFLICT (school_id, person_id, skill_id) DO UPDATE
        SET model = excluded.model, known = excluded.known, ability = excluded.ability,
            information = excluded.information, answers = excluded.answers, mastered_us = excluded.mastered_us,
            updated_us = excluded.updated_us",
    )
});

pub(super) static KEEP_CARDS: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO review_card (school_id, person_id, item_id, card_id, model, state, step, stability, difficulty,
            reviews, lapses, reviewed_us, due_us) VALUES";
    MultiRow::new(head, 1, 12).ending(
        "ON CONFLICT (school_id, person_id, item_id) DO UPDATE
        SET model = excluded.model, state = excluded.state, step = excluded.step, stability = excluded.stability,
            difficulty = excluded.difficulty, reviews = excluded.reviews, lapses = excluded.lapses,
            reviewed_us = excluded.reviewed_us, due_us = excluded.due_us",
    )
});

pub(super) const KEEP_ITEM: &str = "
    UPDATE item_param SET difficulty = $3, answers = $4 WHERE school_id = $1 AND item_id = $2";

pub(super) const LEARNED: &str = "
    DELETE FROM open_learning WHERE school_id = $1 AND game_id = $2";

pub(super) const TO_LEARN: &str = "
    SELECT school_id, game_id FROM open_learning ORDER BY ended_us, game_id LIMIT $1";
