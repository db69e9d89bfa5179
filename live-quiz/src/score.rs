//! From a graded answer to points. Each [`ScoreRule`] is a version that never changes once games were played by it.
//!
//! The decay is the published one of the best known live quiz: with `t` the time taken, `T` the player's time limit
//! and `P` the full points, `t < 0.5 s ? P : round(P * (1 - (t / T) / 2))`. All arithmetic is in integers, so a replay on
//! any machine gives the same points.

use protocol::quiz::ScoreRule;
use serde::{Deserialize, Serialize};

/// Full points of an ordinary right answer at the factor 1.
pub const FULL_WORTH: u32 = 1_000;
/// Full points of each right choice of a multiple-choice question at the factor 1.
pub const CHOICE_WORTH: u32 = 500;
/// Answers faster than this get full points: nobody can be blamed for the network.
pub const INSTANT_MS: u64 = 500;
const STREAK_STEP: u32 = 100;
const STREAK_CAP: u32 = 500;

/// What an answer is worth before time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graded {
    /// Whether it is right; none for polls, where nothing is.
    pub correct: Option<bool>,
    /// Full points at the factor 1; more or less than 1,000 only for multiple choice.
    pub worth: u32,
}

/// How long an answer took, against what its player had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Milliseconds from the opening, latency credit taken off.
    pub elapsed_ms: u64,
    /// The question's limit times the player's factor, milliseconds; time that a host added does not slow the decay.
    pub limit_ms: u64,
}

/// Points for one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whether the answer is right; none for polls.
    pub correct: Option<bool>,
    /// Points, streak bonus included.
    pub points: u32,
    /// Of `points`, the bonus for the streak.
    pub streak_bonus: u32,
}

/// Points for one question and the streak after it.
///
/// `factor` is the question's 0, 1 or 2; `streak` the right answers in a row before it. A question without points lets
/// the streak grow without a bonus; a poll leaves it alone; anything but a fully right answer ends it.
#[must_use]
pub fn score(rule: ScoreRule, factor: u8, graded: Graded, timing: Timing, streak: u32) -> (Mark, u32) {
    let full = graded.worth * u32::from(factor);
    let base = match rule {
        ScoreRule::Classic1 | ScoreRule::Classic2 => decayed(full, timing),
        ScoreRule::Accuracy1 => full,
    };
    let streak = match graded.correct {
        Some(true) => streak + 1,
        Some(false) => 0,
        None => streak,
    };
    let earns_bonus = rule == ScoreRule::Classic1 && graded.correct == Some(true) && factor > 0;
    let streak_bonus = if earns_bonus { bonus(streak) } else { 0 };
    (Mark { correct: graded.correct, points: base + streak_bonus, streak_bonus }, streak)
}

/// `full` points after the decay: all of them within the first half second, half of them at the limit and later.
#[must_use]
pub fn decayed(full: u32, timing: Timing) -> u32 {
    if timing.elapsed_ms < INSTANT_MS {
        return full;
    }
    let limit = u128::from(timing.limit_ms.max(1));
    let elapsed = u128::from(timing.elapsed_ms).min(limit);
    // round(P (2T - t) / 2T) with halves up: add half the divisor, then divide.
    let points = (u128::from(full) * (2 * limit - elapsed) + limit) / (2 * limit);
    u32::try_from(points).unwrap_or(full)
}

/// The bonus for the `streak`-th right answer in a row: 0, 100, 200 … 500.
#[must_use]
pub fn bonus(streak: u32) -> u32 {
    STREAK_STEP.saturating_mul(streak.saturating_sub(1)).min(STREAK_CAP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RIGHT: Graded = Graded { correct: Some(true), worth: FULL_WORTH };
    const WRONG: Graded = Graded { correct: Some(false), worth: 0 };
    const POLL: Graded = Graded { correct: None, worth: 0 };

    fn at(elapsed_ms: u64, limit_ms: u64) -> Timing {
        Timing { elapsed_ms, limit_ms }
    }

    #[test]
    fn the_published_worked_example_holds() {
        assert_eq!(decayed(1_000, at(2_000, 30_000)), 967);
        assert_eq!(decayed(2_000, at(2_000, 30_000)), 1_933);
        assert_eq!(decayed(1_000, at(30_000, 30_000)), 500);
        assert_eq!(decayed(1_000, at(499, 30_000)), 1_000);
        assert_eq!(decayed(1_000, at(500, 30_000)), 992);
        assert_eq!(decayed(1_000, at(45_000, 30_000)), 500);
    }

    #[test]
    fn the_published_streak_bonus_holds() {
        let bonuses: Vec<u32> = (1..=8).map(bonus).collect();
        assert_eq!(bonuses, [0, 100, 200, 300, 400, 500, 500, 500]);
        assert_eq!(bonus(0), 0);
    }

    #[test]
    fn the_bonus_has_the_same_cap_at_double_points() {
        let (mark, streak) = score(ScoreRule::Classic1, 2, RIGHT, at(0, 20_000), 9);
        assert_eq!((mark.points, mark.streak_bonus, streak), (2_500, 500, 10));
    }

    #[test]
    fn without_points_the_streak_grows_and_earns_nothing() {
        let (mark, streak) = score(ScoreRule::Classic1, 0, RIGHT, at(0, 20_000), 3);
        assert_eq!((mark.points, mark.streak_bonus, streak), (0, 0, 4));
    }

    #[test]
    fn a_wrong_answer_ends_the_streak_and_a_poll_does_not() {
        assert_eq!(score(ScoreRule::Classic1, 1, WRONG, at(0, 20_000), 3).1, 0);
        assert_eq!(score(ScoreRule::Classic1, 1, POLL, at(0, 20_000), 3).1, 3);
    }

    #[test]
    fn the_versions_differ_only_as_named() {
        let timing = at(20_000, 20_000);
        assert_eq!(score(ScoreRule::Classic1, 1, RIGHT, timing, 2).0.points, 700);
        assert_eq!(score(ScoreRule::Classic2, 1, RIGHT, timing, 2).0.points, 500);
        assert_eq!(score(ScoreRule::Accuracy1, 1, RIGHT, timing, 2).0.points, 1_000);
    }

    #[test]
    fn more_time_slows_the_decay_in_proportion() {
        assert_eq!(decayed(1_000, at(20_000, 40_000)), decayed(1_000, at(10_000, 20_000)));
    }

    proptest! {
        #[test]
        fn a_later_answer_never_earns_more(limit in 1_u64..720_000, a in 0_u64..800_000, b in 0_u64..800_000, full in 0_u32..6_001) {
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(decayed(full, at(early, limit)) >= decayed(full, at(late, limit)));
        }

        #[test]
        fn a_right_answer_earns_between_half_and_all(limit in 1_u64..720_000, elapsed in 0_u64..800_000, full in 0_u32..6_001) {
            let points = decayed(full, at(elapsed, limit));
            prop_assert!(points <= full && points >= full / 2);
        }
    }
}
