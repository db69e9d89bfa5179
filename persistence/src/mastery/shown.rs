//! What people were shown and have not answered yet, and what they have answered.

use super::{Asked, MasteryRecords};
use crate::db::{Sql, Value};
use crate::{Micros, Unavailable};
use protocol::ids::{ItemId, PersonId, QuizId, SchoolId, SkillId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// An item that a person was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What.
    pub asked: Asked,
    /// For which skill it was chosen; none for a review.
    pub skill: Option<SkillId>,
    /// When.
    pub at: Micros,
}

#[derive(FromRow)]
struct ShownRow {
    item_id: Uuid,
    skill_id: Option<Uuid>,
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    #[sqlx(try_from = "i64")]
    question: u32,
    item_order: Json<Vec<usize>>,
    shown_us: Micros,
}

impl ShownRow {
    fn into_shown(self) -> Shown {
        let asked = Asked {
            item: ItemId(self.item_id),
            quiz: QuizId(self.quiz_id),
            version: self.version,
            question: self.question,
            order: self.item_order.0,
        };
        Shown { asked, skill: self.skill_id.map(SkillId), at: self.shown_us }
    }
}

const GET: &str = "
    SELECT item_id, skill_id, quiz_id, version, question, item_order, shown_us FROM shown_item
    WHERE school_id = $1 AND person_id = $2 AND item_id = $3";

const FOR_SKILL: Sql = Sql::each(
    "SELECT item_id, skill_id, quiz_id, version, question, item_order, shown_us FROM shown_item
    WHERE school_id = $1 AND person_id = $2 AND skill_id IS NOT NULL AND shown_us >= $3
        AND ($4::uuid IS NULL OR skill_id = $4)
    ORDER BY shown_us DESC, item_id LIMIT 1",
    "SELECT item_id, skill_id, quiz_id, version, question, item_order, shown_us FROM shown_item
    WHERE school_id = $1 AND person_id = $2 AND skill_id IS NOT NULL AND shown_us >= $3
        AND ($4 IS NULL OR skill_id = $4)
    ORDER BY shown_us DESC, item_id LIMIT 1",
);

const SHOW: &str = "
    INSERT INTO shown_item (school_id, person_id, item_id, skill_id, quiz_id, version, question, item_order, shown_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (school_id, person_id, item_id) DO UPDATE
    SET skill_id = excluded.skill_id, quiz_id = excluded.quiz_id, version = excluded.version,
        question = excluded.question, item_order = excluded.item_order, shown_us = excluded.shown_us";

const EXPOSE: &str = "
    UPDATE item_param SET exposures = exposures + 1 WHERE school_id = $1 AND item_id = $2";

#[derive(FromRow)]
struct AnsweredRow {
    item_id: Uuid,
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    #[sqlx(try_from = "i64")]
    question: u32,
    item_order: Json<Vec<usize>>,
    correct: Option<bool>,
}

const ANSWERED: &str = "
    SELECT item_id, quiz_id, version, question, item_order, correct FROM review_log
    WHERE school_id = $1 AND event_id = $2 AND person_id = $3";

impl MasteryRecords {
    /// Notes that a person is shown an item, in place of an earlier time; one that was chosen for a skill counts as exposed.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails, or the school has no such person, item or version.
    pub async fn show(&self, school: SchoolId, person: PersonId, shown: &Shown) -> Result<(), Unavailable> {
        let mut tx = self.db.write(school).await?;
        if shown.skill.is_some() {
            tx.execute(EXPOSE, [school.0.into(), shown.asked.item.0.into()]).await?;
        }
        let values = [
            school.0.into(),
            person.0.into(),
            shown.asked.item.0.into(),
            shown.skill.map(|skill| skill.0).into(),
            shown.asked.quiz.0.into(),
            shown.asked.version.into(),
            shown.asked.question.into(),
            Value::json(&shown.asked.order)?,
            shown.at.into(),
        ];
        tx.execute(SHOW, values).await?;
        Ok(tx.commit().await?)
    }

    /// An item that a person was shown and has not answered yet.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn shown(
        &self,
        school: SchoolId,
        person: PersonId,
        item: ItemId,
    ) -> Result<Option<Shown>, Unavailable> {
        let values = [school.0.into(), person.0.into(), item.0.into()];
        let row: Option<ShownRow> = self.db.fetch_optional(school, GET, values).await?;
        Ok(row.map(ShownRow::into_shown))
    }

    /// The last item that was chosen for a person since then, for a skill or for any, if it is not answered yet.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn chosen_since(
        &self,
        school: SchoolId,
        person: PersonId,
        skill: Option<SkillId>,
        since: Micros,
    ) -> Result<Option<Shown>, Unavailable> {
        let values = [school.0.into(), person.0.into(), since.into(), skill.map(|skill| skill.0).into()];
        let row: Option<ShownRow> = self.db.fetch_optional(school, FOR_SKILL, values).await?;
        Ok(row.map(ShownRow::into_shown))
    }

    /// What a person answered under an id, and whether that was right.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn answered(
        &self,
        school: SchoolId,
        person: PersonId,
        event: Uuid,
    ) -> Result<Option<(Asked, Option<bool>)>, Unavailable> {
        let values = [school.0.into(), event.into(), person.0.into()];
        let row: Option<AnsweredRow> = self.db.fetch_optional(school, ANSWERED, values).await?;
        Ok(row.map(|row| {
            let asked = Asked {
                item: ItemId(row.item_id),
                quiz: QuizId(row.quiz_id),
                version: row.version,
                question: row.question,
                order: row.item_order.0,
            };
            (asked, row.correct)
        }))
    }
}
