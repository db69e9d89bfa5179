//! What is kept of the people and items that some answers are about, while these are learned from.

use super::{AnswerEvent, Asked};
use crate::Micros;
use protocol::ids::{ItemId, PersonId, SkillId};
use protocol::quiz::KindName;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is believed of one person in one skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Mastery {
    /// By which rules, in which versions.
    pub model: String,
    /// The probability that it is known.
    pub known: f64,
    /// How able the person is, logits.
    pub ability: f64,
    /// Information of the answers, at the abilities of their time.
    pub information: f64,
    /// Answers behind it.
    pub answers: u32,
    /// Since when it is mastered, if it is.
    pub mastered_at: Option<Micros>,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// What is known of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemState {
    /// The type of question.
    pub kind: KindName,
    /// Options to choose from or things to put in order; 0 for other kinds.
    pub options: u32,
    /// How sharply it tells who is able, as in item response theory.
    pub discrimination: f64,
    /// How hard it is, logits.
    pub difficulty: f64,
    /// Answers behind that.
    pub answers: u32,
}

/// A person's memory of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// By which rule, in which version.
    pub model: String,
    /// Where it is on its way, by the rule's word.
    pub state: String,
    /// FSRS: which step it waits in. SM-2: right answers in a row, at most 255.
    pub step: u8,
    /// FSRS: days until recall has faded to 90 %. SM-2: the interval in days.
    pub stability: f64,
    /// FSRS: how hard it is to keep, 1 to 10. SM-2: the easiness, 1.3 to 10.
    pub difficulty: f64,
    /// How often it was seen.
    pub reviews: u32,
    /// How often it was forgotten.
    pub lapses: u32,
    /// When it was last seen.
    pub reviewed_at: Micros,
    /// When to see it again.
    pub due_at: Micros,
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The item.
    pub item: ItemState,
    /// Its skills, with what is believed of the person in each.
    pub skills: Vec<(SkillId, Option<Mastery>)>,
    /// The person's card of it.
    pub card: Option<Card>,
}

/// What an answer changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is believed from now on, skill by skill.
    pub skills: Vec<(SkillId, Mastery)>,
    /// The item's difficulty from now on, and the answers behind it.
    pub item: (f64, u32),
    /// The card from now on.
    pub card: Card,
    /// The rating of the memory, by the rule's word.
    pub rating: String,
}

/// Everything that is kept, and what of it has changed.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) items: BTreeMap<ItemId, ItemState>,
    pub(super) skills: BTreeMap<ItemId, Vec<SkillId>>,
    pub(super) masteries: BTreeMap<(PersonId, SkillId), Mastery>,
    pub(super) cards: BTreeMap<(PersonId, ItemId), Card>,
    pub(super) changed_items: BTreeSet<ItemId>,
    pub(super) changed_masteries: BTreeSet<(PersonId, SkillId)>,
    pub(super) changed_cards: BTreeSet<(PersonId, ItemId)>,
}

impl Ledger {
    /// None for an item that the school does not have.
    pub(super) fn known(&self, event: &AnswerEvent) -> Option<Known> {
        let Asked { item, .. } = event.asked;
        let skills = self.skills.get(&item).map_or(&[][..], Vec::as_slice);
        let of_skill = |skill: &SkillId| (*skill, self.masteries.get(&(event.person, *skill)).cloned());
        Some(Known {
            item: self.items.get(&item)?.clone(),
            skills: skills.iter().map(of_skill).collect(),
            card: self.cards.get(&(event.person, item)).cloned(),
        })
    }

    pub(super) fn apply(&mut self, event: &AnswerEvent, change: Change) {
        let (person, item) = (event.person, event.asked.item);
        for (skill, mastery) in change.skills {
            self.masteries.insert((person, skill), mastery);
            self.changed_masteries.insert((person, skill));
        }
        if let Some(state) = self.items.get_mut(&item)
            && (state.difficulty, state.answers) != change.item
        {
            (state.difficulty, state.answers) = change.item;
            self.changed_items.insert(item);
        }
        self.cards.insert((person, item), change.card);
        self.changed_cards.insert((person, item));
    }
}

/// The id of a person's card of an item, under which only that person finds it.
pub(super) fn card_id(person: PersonId, item: ItemId) -> Uuid {
    Uuid::new_v5(&person.0, item.0.as_bytes())
}
