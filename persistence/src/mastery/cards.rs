//! Review cards, as their people see them.

use super::{Asked, MasteryRecords};
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{ItemId, PersonId, QuizId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// A card with the place of its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCard {
    /// Its id.
    pub id: Uuid,
    /// The question, in the newest version that has it; not shuffled.
    pub asked: Asked,
    /// Where it is on its way, by the rule's word.
    pub state: String,
    /// When to see it again.
    pub due_at: Micros,
    /// When it was last seen.
    pub reviewed_at: Micros,
    /// How often it was seen.
    pub reviews: u32,
    /// How often it was forgotten.
    pub lapses: u32,
}

#[derive(FromRow)]
struct DueRow {
    card_id: Uuid,
    item_id: Uuid,
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    #[sqlx(try_from = "i64")]
    question: u32,
    state: String,
    due_us: Micros,
    reviewed_us: Micros,
    #[sqlx(try_from = "i64")]
    reviews: u32,
    #[sqlx(try_from = "i64")]
    lapses: u32,
}

impl DueRow {
    fn into_card(self) -> DueCard {
        let asked = Asked {
            item: ItemId(self.item_id),
            quiz: QuizId(self.quiz_id),
            version: self.version,
            question: self.question,
            order: Vec::new(),
        };
        DueCard {
            id: self.card_id,
            asked,
            state: self.state,
            due_at: self.due_us,
            reviewed_at: self.reviewed_us,
            reviews: self.reviews,
            lapses: self.lapses,
        }
    }
}

const GET: &str = "
    SELECT card.card_id, card.item_id, quiz_id, version, question, state, due_us, reviewed_us, reviews, lapses
    FROM review_card AS card
    JOIN item_param AS item ON item.school_id = card.school_id AND item.item_id = card.item_id
    WHERE card.school_id = $1 AND card.card_id = $2 AND card.person_id = $3";

const DUE: &str = "
    SELECT card.card_id, card.item_id, quiz_id, version, question, state, due_us, reviewed_us, reviews, lapses
    FROM review_card AS card
    JOIN item_param AS item ON item.school_id = card.school_id AND item.item_id = card.item_id
    WHERE card.school_id = $1 AND card.person_id = $2 AND due_us <= $3 AND (due_us, card.card_id) > ($4, $5)
    ORDER BY due_us, card.card_id
    LIMIT $6";

impl MasteryRecords {
    /// A person's own card.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn card(
        &self,
        school: SchoolId,
        person: PersonId,
        card: Uuid,
    ) -> Result<Option<DueCard>, Unavailable> {
        let values = [school.0.into(), card.into(), person.0.into()];
        let row: Option<DueRow> = self.db.fetch_optional(school, GET, values).await?;
        Ok(row.map(DueRow::into_card))
    }

    /// A person's cards that are due by then, the longest due first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn due_cards(
        &self,
        school: SchoolId,
        person: PersonId,
        by: Micros,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<DueCard>, Unavailable> {
        let after = after.unwrap_or(Cursor { at: Micros(i64::MIN), id: Uuid::nil() });
        let values = [
            school.0.into(),
            person.0.into(),
            by.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<DueRow> = self.db.fetch_all(school, DUE, values).await?;
        let items = rows.into_iter().map(DueRow::into_card).collect();
        Ok(Page::cut(items, limit, |card: &DueCard| Cursor { at: card.due_at, id: card.id }))
    }
}
