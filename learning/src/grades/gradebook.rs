//! A gradebook that was checked and indexed once, to be graded as of any moment.

mod check;
mod tree;

pub(super) use check::is_score;

use super::moodle::NaturalSetup;
use super::{Category, GradebookError, LineItem, Policy, ScoreEntry, Setup, Subject};
use protocol::ids::{LineItemId, PersonId, ScoreId};
use std::collections::{HashMap, HashSet};

/// The gradebook of a class: what it is made of, its students and all their score entries, consistent with each other.
///
/// Opening costs a sort of the entries; grading then is linear in entries and line items, but for the drop rules, which
/// sort within a category.
#[derive(Clone, Debug)]
pub struct Gradebook {
    policy: Policy,
    categories: Vec<CategoryNode>,
    line_items: Vec<ItemNode>,
    item_slots: HashMap<LineItemId, usize>,
    /// Category slots, each before its parent.
    upward: Vec<usize>,
    only_period: Option<usize>,
    students: Vec<PersonId>,
    student_slots: HashMap<PersonId, usize>,
    /// By student, line item, time, id.
    entries: Vec<Entry>,
    /// Where each student's entries begin; one more than there are students.
    starts: Vec<usize>,
}

/// A category in its tree. Slots are places in the setup.
#[derive(Clone, Debug)]
pub(super) struct CategoryNode {
    pub category: Category,
    pub parent: Option<usize>,
    /// Its line items.
    pub items: Vec<usize>,
    /// The categories directly inside.
    pub children: Vec<usize>,
    /// Points that it is worth in its parent if everything in it counts.
    pub worth: f64,
    /// Moodle's natural weights of its line items and then of its children; only where they are used.
    pub natural: Option<NaturalSetup>,
}

/// A line item and the grading period that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct ItemNode {
    pub item: LineItem,
    pub category: usize,
    pub period: Option<usize>,
}

/// What a student holds for one line item at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Held {
    pub given: Option<f64>,
    pub excused: bool,
    /// The entry that says so.
    pub entry: Option<ScoreId>,
    pub hypothetical: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    student: usize,
    line_item: usize,
    scored_at: i64,
    held: Held,
}

impl Gradebook {
    /// Checks a gradebook and indexes it.
    ///
    /// # Errors
    /// The first thing that makes grades impossible or ambiguous; see [`GradebookError`].
    pub fn open(
        setup: Setup,
        students: Vec<PersonId>,
        scores: &[ScoreEntry],
    ) -> Result<Self, GradebookError> {
        check::bounds(&setup, &students, scores)?;
        check::policy(&setup.policy)?;
        let Setup { policy, categories, line_items } = setup;
        let tree = tree::grow(&policy, categories, line_items)?;
        let item_slots: HashMap<_, _> =
            tree.line_items.iter().enumerate().map(|(slot, node)| (node.item.id, slot)).collect();
        let mut student_slots = HashMap::with_capacity(students.len());
        for (slot, student) in students.iter().enumerate() {
            if student_slots.insert(*student, slot).is_some() {
                return Err(GradebookError::Duplicate { of: Subject::Student(*student) });
            }
        }
        let entries = sorted(scores, &item_slots, &student_slots)?;
        let begin = |slot| entries.partition_point(|entry: &Entry| entry.student < slot);
        let starts = (0..=students.len()).map(begin).collect();
        let only_period = policy
            .only_period
            .and_then(|id| policy.periods.periods.iter().position(|period| period.id == id));
        Ok(Self {
            policy,
            categories: tree.categories,
            line_items: tree.line_items,
            item_slots,
            upward: tree.upward,
            only_period,
            students,
            student_slots,
            entries,
            starts,
        })
    }

    /// The rules.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The students, in the order in which they were given.
    #[must_use]
    pub fn students(&self) -> &[PersonId] {
        &self.students
    }

    pub(super) fn categories(&self) -> &[CategoryNode] {
        &self.categories
    }

    pub(super) fn line_items(&self) -> &[ItemNode] {
        &self.line_items
    }

    pub(super) fn upward(&self) -> &[usize] {
        &self.upward
    }

    pub(super) fn only_period(&self) -> Option<usize> {
        self.only_period
    }

    pub(super) fn student_slot(&self, student: PersonId) -> Option<usize> {
        self.student_slots.get(&student).copied()
    }

    pub(super) fn item_slot(&self, line_item: LineItemId) -> Option<usize> {
        self.item_slots.get(&line_item).copied()
    }

    /// What a student holds as of a moment, into `held`, which gets one place for each line item.
    pub(super) fn hold(&self, student: usize, as_of: i64, held: &mut Vec<Held>) {
        held.clear();
        held.resize(self.line_items.len(), Held::default());
        for entry in &self.entries[self.starts[student]..self.starts[student + 1]] {
            // Entries of a line item are in order of time, so the last that counts stays.
            if entry.scored_at <= as_of {
                held[entry.line_item] = entry.held;
            }
        }
    }
}

fn sorted(
    scores: &[ScoreEntry],
    item_slots: &HashMap<LineItemId, usize>,
    student_slots: &HashMap<PersonId, usize>,
) -> Result<Vec<Entry>, GradebookError> {
    let mut seen = HashSet::with_capacity(scores.len());
    let mut entries = Vec::with_capacity(scores.len());
    for score in scores {
        if !seen.insert(score.id) {
            return Err(GradebookError::Duplicate { of: Subject::Score(score.id) });
        }
        if score.given.is_some_and(|given| !is_score(given)) {
            return Err(GradebookError::ScoreOutOfRange { of: Subject::Score(score.id) });
        }
        let line_item = *item_slots
            .get(&score.line_item)
            .ok_or(GradebookError::UnknownLineItem { score: score.id, line_item: score.line_item })?;
        let student = *student_slots
            .get(&score.student)
            .ok_or(GradebookError::UnknownStudent { score: score.id, student: score.student })?;
        let held =
            Held { given: score.given, excused: score.excused, entry: Some(score.id), hypothetical: false };
        entries.push(Entry { student, line_item, scored_at: score.scored_at, held });
    }
    entries.sort_unstable_by_key(|entry| (entry.student, entry.line_item, entry.scored_at, entry.held.entry));
    Ok(entries)
}
