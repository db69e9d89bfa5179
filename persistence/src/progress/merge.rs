//! The rule by which progress that was made offline is merged. No clock, no store.

use super::{Fraction, ProgressState};
use crate::Micros;
use protocol::ids::LessonId;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Something that a person did in a lesson, perhaps offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressOp {
    /// Made by the client; another one for everything that is done.
    pub id: Uuid,
    /// Where.
    pub lesson: LessonId,
    /// How far the person came.
    pub state: ProgressState,
    /// How much was done.
    pub fraction: Fraction,
    /// When, by the server's clock as the client knows it.
    pub occurred_at: Micros,
}

/// What an operation came to.
///
/// The rule: of two fractions the greater one stays, and of two states the later one, so a lesson that is completed stays
/// completed. Only an explicit [put](super::ProgressRecords::put) sets back, and what happened before it does not
/// count afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpVerdict {
    /// It moved the lesson on.
    Accepted,
    /// It is the one that wrote last, or stands in the batch already.
    Duplicate,
    /// What is kept is as far or farther, or was set back later. Operations that were accepted once and are sent again
    /// after others end here, too.
    Older,
    /// The school has no such lesson.
    UnknownLesson,
}

impl OpVerdict {
    /// Stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Older => "older",
            Self::UnknownLesson => "unknown_lesson",
        }
    }
}

/// What is kept of a lesson with progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) state: ProgressState,
    pub(super) fraction: Fraction,
    pub(super) version: u32,
    /// The operation that wrote last; a put after it leaves it known.
    pub(super) op: Option<Uuid>,
    /// When it was last set back.
    pub(super) reset_at: Option<Micros>,
}

/// A batch as it is merged.
pub(super) struct Merge {
    /// The lessons that exist.
    lessons: HashMap<LessonId, (Option<Kept>, bool)>,
    seen: HashSet<Uuid>,
}

impl Merge {
    pub(super) fn new(lessons: impl Iterator<Item = (LessonId, Option<Kept>)>) -> Self {
        let lessons = lessons.map(|(lesson, kept)| (lesson, (kept, false))).collect();
        Self { lessons, seen: HashSet::new() }
    }

    pub(super) fn take(&mut self, op: &ProgressOp) -> OpVerdict {
        let Some((kept, changed)) = self.lessons.get_mut(&op.lesson) else { return OpVerdict::UnknownLesson };
        if !self.seen.insert(op.id) || kept.is_some_and(|kept| kept.op == Some(op.id)) {
            return OpVerdict::Duplicate;
        }
        let next = match *kept {
            None => {
                Kept { state: op.state, fraction: op.fraction, version: 1, op: Some(op.id), reset_at: None }
            }
            Some(old) => {
                let too_late = old.reset_at.is_some_and(|reset_at| op.occurred_at <= reset_at);
                let (state, fraction) = (old.state.max(op.state), old.fraction.max(op.fraction));
                if too_late || (state, fraction) == (old.state, old.fraction) {
                    return OpVerdict::Older;
                }
                // A batch is one change of a lesson, whatever it holds.
                let version = if *changed { old.version } else { old.version + 1 };
                Kept { state, fraction, version, op: Some(op.id), reset_at: old.reset_at }
            }
        };
        (*kept, *changed) = (Some(next), true);
        OpVerdict::Accepted
    }

    /// What has to be written, in the order of the key.
    pub(super) fn changed(&self) -> impl Iterator<Item = (LessonId, Kept)> {
        let changed = self.lessons.iter().filter(|(_, (_, changed))| *changed);
        let mut changed: Vec<_> =
            changed.filter_map(|(lesson, (kept, _))| Some((*lesson, (*kept)?))).collect();
        changed.sort_unstable_by_key(|(lesson, _)| *lesson);
        changed.into_iter()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn op(lesson: LessonId, state: ProgressState, ppm: u32, at: i64) -> ProgressOp {
        let fraction = Fraction::from_ppm(ppm).unwrap();
        ProgressOp { id: Uuid::now_v7(), lesson, state, fraction, occurred_at: Micros(at) }
    }

    #[test]
    fn whatever_the_order_the_farthest_stays() {
        let lesson = LessonId::generate();
        let ops = [
            op(lesson, ProgressState::InProgress, 900_000, 1),
            op(lesson, ProgressState::Completed, 300_000, 2),
            op(lesson, ProgressState::NotStarted, 500_000, 3),
        ];
        for order in [[0_usize, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut merge = Merge::new([(lesson, None)].into_iter());
            for nth in order {
                merge.take(&ops[nth]);
            }
            let (_, kept) = merge.changed().next().unwrap();
            assert_eq!((kept.state, kept.fraction.ppm()), (ProgressState::Completed, 900_000), "{order:?}");
            assert_eq!(kept.version, 1);
        }
    }

    #[test]
    fn what_happened_before_a_reset_does_not_count() {
        let lesson = LessonId::generate();
        let kept = Kept {
            state: ProgressState::NotStarted,
            fraction: Fraction::default(),
            version: 4,
            op: None,
            reset_at: Some(Micros(10)),
        };
        let mut merge = Merge::new([(lesson, Some(kept))].into_iter());
        assert_eq!(merge.take(&op(lesson, ProgressState::Completed, 1_000_000, 10)), OpVerdict::Older);
        assert_eq!(merge.changed().count(), 0);
        assert_eq!(merge.take(&op(lesson, ProgressState::InProgress, 1, 11)), OpVerdict::Accepted);
        assert_eq!(merge.changed().next().unwrap().1.version, 5);
    }
}
