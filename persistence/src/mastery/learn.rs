//! Learning from answers: each once, in their order, all that they change or nothing.

use super::ledger::{Change, Known, Ledger, card_id};
use super::rows::{self, CardRow, ItemRow, MasteryRow};
use super::{AnswerEvent, MAX_ANSWERS, MasteryRecords};
use crate::db::{Reach, Tx, Value};
use crate::id_list::id_list;
use crate::{Micros, Unavailable, column_word, items};
use protocol::ids::{GameId, ItemId, PersonId, QuizId, SchoolId, SkillId};
use protocol::quiz::QuizContent;
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// Says what an answer changes, or that it tells nothing.
pub type Rule<'r> = &'r mut (dyn FnMut(&AnswerEvent, &Known) -> Option<Change> + Send);

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The person was not shown the item, or has answered it since.
    #[error("this item is not open for an answer; ask for it again")]
    NotShown,
    /// Too many answers.
    #[error("learn from {most} answers at once; the others another time")]
    TooMany {
        /// How many it takes.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LearnError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotShown => "not_shown",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const TAKE_SHOWN: &str = "
    DELETE FROM shown_item WHERE school_id = $1 AND person_id = $2 AND item_id = $3 AND shown_us = $4";

impl MasteryRecords {
    /// Games, of all schools, that have ended and that nobody has learned from, the oldest first.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn games_to_learn_from(&self, limit: u32) -> Result<Vec<(SchoolId, GameId)>, Unavailable> {
        let rows: Vec<(Uuid, Uuid)> =
            self.db.fetch_all(Reach::Directory, rows::TO_LEARN, [limit.into()]).await?;
        Ok(rows.into_iter().map(|(school, game)| (SchoolId(school), GameId(game))).collect())
    }

    /// Keeps the items of a version of a quiz, as far as they are not kept.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn keep_items(
        &self,
        school: SchoolId,
        quiz: QuizId,
        version: u32,
        content: &QuizContent,
    ) -> Result<(), Unavailable> {
        let mut tx = self.db.write(school).await?;
        items::add(&mut tx, school, quiz, version, content).await?;
        Ok(tx.commit().await?)
    }

    /// Learns from answers of a game, in their order, at most [`MAX_ANSWERS`] at once. `rule` says what each changes, or
    /// that it tells nothing. What is known already, and answers of people or to items that the school does not have, are
    /// left out. With the last answers of `ended`, nobody has to learn from that game any more. Returns of whom it was
    /// learned.
    ///
    /// # Errors
    /// [`LearnError`]; nothing was changed then.
    pub async fn learn_from_game(
        &self,
        school: SchoolId,
        events: &[AnswerEvent],
        ended: Option<GameId>,
        now: Micros,
        rule: Rule<'_>,
    ) -> Result<BTreeSet<PersonId>, LearnError> {
        if events.len() > MAX_ANSWERS {
            return Err(LearnError::TooMany { most: MAX_ANSWERS });
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let fresh = fresh(&mut tx, school, events).await?;
        let learned = learn(&mut tx, school, &fresh, now, rule).await?;
        if let Some(game) = ended {
            let values = [school.0.into(), game.0.into()];
            tx.execute(rows::LEARNED, values).await.map_err(Unavailable::from)?;
        }
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(learned)
    }

    /// Learns from an answer to an item that the person was shown at that time, which takes it off the shown ones. Returns
    /// false, and changes nothing, for an answer that is known already.
    ///
    /// # Errors
    /// [`LearnError`]; nothing was changed then.
    pub async fn learn_from_answer(
        &self,
        school: SchoolId,
        event: &AnswerEvent,
        shown_at: Micros,
        now: Micros,
        rule: Rule<'_>,
    ) -> Result<bool, LearnError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let fresh = fresh(&mut tx, school, std::slice::from_ref(event)).await?;
        if fresh.is_empty() {
            return Ok(false);
        }
        let values = [school.0.into(), event.person.0.into(), event.asked.item.0.into(), shown_at.into()];
        if tx.execute(TAKE_SHOWN, values).await.map_err(Unavailable::from)? == 0 {
            return Err(LearnError::NotShown);
        }
        learn(&mut tx, school, &fresh, now, rule).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(true)
    }
}

/// Takes the turns of the people, and gives the events of known ones that are not in the log.
async fn fresh<'e>(
    tx: &mut Tx,
    school: SchoolId,
    events: &'e [AnswerEvent],
) -> Result<Vec<&'e AnswerEvent>, Unavailable> {
    let people: BTreeSet<Uuid> = events.iter().map(|event| event.person.0).collect();
    let known: Vec<(Uuid,)> = tx.fetch_all(rows::TAKE_TURNS, [school.0.into(), id_list(people)?]).await?;
    let known: HashSet<Uuid> = known.into_iter().map(|(id,)| id).collect();
    let ids = id_list(events.iter().map(|event| event.id))?;
    let logged: Vec<(Uuid,)> = tx.fetch_all(rows::LOGGED, [school.0.into(), ids]).await?;
    let mut seen: HashSet<Uuid> = logged.into_iter().map(|(id,)| id).collect();
    let fresh = events.iter().filter(|event| known.contains(&event.person.0) && seen.insert(event.id));
    Ok(fresh.collect())
}

async fn learn(
    tx: &mut Tx,
    school: SchoolId,
    events: &[&AnswerEvent],
    now: Micros,
    rule: Rule<'_>,
) -> Result<BTreeSet<PersonId>, Unavailable> {
    let mut ledger = load(tx, school, events).await?;
    let mut logged = Vec::with_capacity(events.len());
    for event in events {
        let Some(change) = ledger.known(event).and_then(|known| rule(event, &known)) else { continue };
        logged.push((*event, change.rating.clone()));
        ledger.apply(event, change);
    }
    log(tx, school, &logged, now).await?;
    keep(tx, school, &ledger).await?;
    Ok(logged.iter().map(|(event, _)| event.person).collect())
}

async fn load(tx: &mut Tx, school: SchoolId, events: &[&AnswerEvent]) -> Result<Ledger, Unavailable> {
    let mut ledger = Ledger::default();
    let people: BTreeSet<Uuid> = events.iter().map(|event| event.person.0).collect();
    let items: BTreeSet<Uuid> = events.iter().map(|event| event.asked.item.0).collect();
    let (people, items) = (id_list(people)?, id_list(items)?);
    let found: Vec<ItemRow> = tx.fetch_all(rows::ITEMS, [school.0.into(), items.clone()]).await?;
    for row in found {
        ledger.items.insert(ItemId(row.item_id), row.into_state()?);
    }
    let pairs: Vec<(Uuid, Uuid)> =
        tx.fetch_all(rows::SKILLS_OF_ITEMS, [school.0.into(), items.clone()]).await?;
    for (item, skill) in &pairs {
        ledger.skills.entry(ItemId(*item)).or_default().push(SkillId(*skill));
    }
    let skills: BTreeSet<Uuid> = pairs.into_iter().map(|(_, skill)| skill).collect();
    let values = [school.0.into(), people.clone(), id_list(skills)?];
    let masteries: Vec<MasteryRow> = tx.fetch_all(rows::MASTERIES, values).await?;
    for row in masteries {
        ledger.masteries.insert((PersonId(row.person_id), SkillId(row.skill_id)), row.into_mastery());
    }
    let cards: Vec<CardRow> = tx.fetch_all(rows::CARDS, [school.0.into(), people, items]).await?;
    for row in cards {
        ledger.cards.insert((PersonId(row.person_id), ItemId(row.item_id)), row.into_card());
    }
    Ok(ledger)
}

async fn log(
    tx: &mut Tx,
    school: SchoolId,
    events: &[(&AnswerEvent, String)],
    now: Micros,
) -> Result<(), Unavailable> {
    for (sql, batch) in rows::LOG.batches(events) {
        let mut values = vec![school.0.into(), now.into()];
        for (event, rating) in batch {
            values.extend::<[Value<'_>; 12]>([
                event.id.into(),
                event.occurred_at.into(),
                event.person.0.into(),
                event.asked.item.0.into(),
                event.asked.quiz.0.into(),
                event.asked.version.into(),
                event.asked.question.into(),
                Value::json(&event.asked.order)?,
                column_word::write(event.source)?.into(),
                event.correct.into(),
                rating.into(),
                event.elapsed_ms.map(u64::cast_signed).into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

async fn keep(tx: &mut Tx, school: SchoolId, ledger: &Ledger) -> Result<(), Unavailable> {
    for item in &ledger.changed_items {
        let Some(state) = ledger.items.get(item) else { continue };
        let values = [school.0.into(), item.0.into(), state.difficulty.into(), state.answers.into()];
        tx.execute(rows::KEEP_ITEM, values).await?;
    }
    let masteries: Vec<_> =
        ledger.changed_masteries.iter().filter_map(|key| Some((key, ledger.masteries.get(key)?))).collect();
    for (sql, batch) in rows::KEEP_MASTERIES.batches(&masteries) {
        let mut values = vec![school.0.into()];
        for ((person, skill), mastery) in batch {
            values.extend::<[Value<'_>; 9]>([
                person.0.into(),
                skill.0.into(),
                (&mastery.model).into(),
                mastery.known.into(),
                mastery.ability.into(),
                mastery.information.into(),
                mastery.answers.into(),
                mastery.mastered_at.map(|at| at.0).into(),
                mastery.updated_at.into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    let cards: Vec<_> =
        ledger.changed_cards.iter().filter_map(|key| Some((key, ledger.cards.get(key)?))).collect();
    for (sql, batch) in rows::KEEP_CARDS.batches(&cards) {
        let mut values = vec![school.0.into()];
        for ((person, item), card) in batch {
            values.extend::<[Value<'_>; 12]>([
                person.0.into(),
                item.0.into(),
                card_id(*person, *item).into(),
                (&card.model).into(),
                (&card.state).into(),
                u32::from(card.step).into(),
                card.stability.into(),
                card.difficulty.into(),
                card.reviews.into(),
                card.lapses.into(),
                card.reviewed_at.into(),
                card.due_at.into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}
