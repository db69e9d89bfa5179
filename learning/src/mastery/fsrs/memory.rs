//! The formulas. `w` are the weights, `G` is the rating's grade 1..=4, `t` whole days, `d = -w20` and
//! `F = 0.9^(1/d) - 1`, which makes recall 90 % after `S` days.

use super::{Fsrs, Rating};
use crate::mastery::number::{Difficulty, MAX_DIFFICULTY, MAX_STABILITY, Probability, Stability};
use serde::{Deserialize, Serialize};

/// What is known of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Days until the chance of recall falls to 90 %.
    pub stability: Stability,
    /// How hard it is to keep.
    pub difficulty: Difficulty,
}

impl Fsrs {
    /// The chance of recall after whole days: `R = (1 + F t/S)^d`.
    #[must_use]
    pub fn recall(&self, stability: Stability, days: u32) -> Probability {
        let faded = 1.0 + self.factor() * f64::from(days) / stability.days();
        Probability::rounded(faded.powf(self.decay()))
    }

    /// Days until the chance of recall falls to `retention`: `(S/F) (r^(1/d) - 1)`, neither rounded nor bounded.
    /// Infinite for a retention of 0.
    #[must_use]
    pub fn days_until(&self, stability: Stability, retention: Probability) -> f64 {
        stability.days() / self.factor() * (retention.get().powf(1.0 / self.decay()) - 1.0)
    }

    /// The interval for the desired retention: whole days within 1 and the longest one.
    #[must_use]
    pub fn interval_days(&self, stability: Stability) -> u32 {
        let longest = self.settings.maximum_interval_days;
        let days = self.days_until(stability, Probability::rounded(self.settings.desired_retention));
        // Within 1..=36,500 after the clamp, so the cast loses nothing.
        days.round().clamp(1.0, f64::from(longest)) as u32
    }

    /// The memory after a review; `before` is what it was and the whole days since then, none for the first review.
    #[must_use]
    pub fn remembered(&self, before: Option<(Memory, u32)>, rating: Rating) -> Memory {
        let Some((memory, days)) = before else { return self.first(rating) };
        let stability = match (days, rating) {
            (0, _) => self.same_day(memory, rating),
            (_, Rating::Again) => self.forgotten(memory, days),
            _ => self.recalled(memory, days, rating),
        };
        Memory { stability: Stability::bounded(stability), difficulty: self.difficulty(memory, rating) }
    }

    /// `S0 = w[G-1]`, `D0 = w4 - e^(w5 (G-1)) + 1`.
    fn first(&self, rating: Rating) -> Memory {
        let w = &self.settings.weights;
        let stability = match rating {
            Rating::Again => w[0],
            Rating::Hard => w[1],
            Rating::Good => w[2],
            Rating::Easy => w[3],
        };
        Memory {
            stability: Stability::bounded(stability),
            difficulty: Difficulty::bounded(self.first_difficulty(rating)),
        }
    }

    fn first_difficulty(&self, rating: Rating) -> f64 {
        let w = &self.settings.weights;
        w[4] - (w[5] * (grade(rating) - 1.0)).exp() + 1.0
    }

    /// `D' = w7 D0(Easy) + (1-w7) (D - w6 (G-3) (10-D)/9)`: damped near 10 and drawn towards the easiest start, which is
    /// not clamped here.
    fn difficulty(&self, memory: Memory, rating: Rating) -> Difficulty {
        let w = &self.settings.weights;
        let d = memory.difficulty.get();
        let moved = d - w[6] * (grade(rating) - 3.0) * (MAX_DIFFICULTY - d) / 9.0;
        Difficulty::bounded(w[7] * self.first_difficulty(Rating::Easy) + (1.0 - w[7]) * moved)
    }

    /// `S' = S (1 + e^w8 (11-D) S^-w9 (e^((1-R) w10) - 1) [w15 if Hard] [w16 if Easy])`.
    fn recalled(&self, memory: Memory, days: u32, rating: Rating) -> f64 {
        let w = &self.settings.weights;
        let (s, d) = (memory.stability.days(), memory.difficulty.get());
        let r = self.recall(memory.stability, days).get();
        let bonus = match rating {
            Rating::Hard => w[15],
            Rating::Easy => w[16],
            Rating::Again | Rating::Good => 1.0,
        };
        s * (1.0 + w[8].exp() * (11.0 - d) * s.powf(-w[9]) * (((1.0 - r) * w[10]).exp() - 1.0) * bonus)
    }

    /// `S' = min(w11 D^-w12 ((S+1)^w13 - 1) e^((1-R) w14), S / e^(w17 w18))`.
    fn forgotten(&self, memory: Memory, days: u32) -> f64 {
        let w = &self.settings.weights;
        let (s, d) = (memory.stability.days(), memory.difficulty.get());
        let r = self.recall(memory.stability, days).get();
        let left = w[11] * d.powf(-w[12]) * ((s + 1.0).powf(w[13]) - 1.0) * ((1.0 - r) * w[14]).exp();
        left.min(s / (w[17] * w[18]).exp())
    }

    /// `S' = S e^(w17 (G-3+w18)) S^-w19`, which only `Again` may lower.
    fn same_day(&self, memory: Memory, rating: Rating) -> f64 {
        let w = &self.settings.weights;
        let s = memory.stability.days();
        let increase = (w[17] * (grade(rating) - 3.0 + w[18])).exp() * s.powf(-w[19]);
        let increase = if rating == Rating::Again { increase } else { increase.max(1.0) };
        (s * increase).min(MAX_STABILITY)
    }

    fn decay(&self) -> f64 {
        -self.settings.weights[20]
    }

    fn factor(&self) -> f64 {
        0.9_f64.powf(1.0 / self.decay()) - 1.0
    }
}

fn grade(rating: Rating) -> f64 {
    f64::from(rating.grade())
}
