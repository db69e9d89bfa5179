//! What one answer changes: the mastery of each skill that the item exercises, the item's difficulty, and how the item's
//! review card is rated.
//!
//! Knowledge (tracing) and ability (Elo) stand side by side: the first says when a skill is mastered, the second which
//! items are of the right difficulty. Answers must be fed in one order per student and per item; polls are not fed.

use super::bkt::{Bkt, Knowledge};
use super::elo::{self, Elo, EloRating};
use super::fsrs::Rating;
use super::number::{Guess, Logit, Probability};
use protocol::ids::SkillId;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The most skills of one item; an item that exercises more says little about any.
pub const MAX_SKILLS: usize = protocol::quiz::MAX_SKILLS;

/// What is believed of one student in one skill: the rows of `mastery`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillMastery {
    /// Which skill.
    pub skill: SkillId,
    /// Whether it is known.
    pub knowledge: Knowledge,
    /// How able the student is in it.
    pub ability: EloRating,
}

/// A skill of the item before the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillBefore {
    /// What was believed.
    pub mastery: SkillMastery,
    /// The skill's model; [`Bkt::default`] until it is fitted.
    pub model: Bkt,
}

/// How long an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Milliseconds from seeing the item to the answer.
    pub elapsed_ms: u64,
    /// Milliseconds that there were: the question's limit times the student's factor; without a limit, twice the median
    /// of the item's right answers; none if that is not known either.
    pub allowed_ms: Option<u64>,
}

/// A graded answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was fully right.
    pub correct: bool,
    /// How likely it would have been without knowing anything.
    pub guess: Guess,
    /// How long it took.
    pub pace: Pace,
}

/// When a right answer is fast or slow, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceLimits {
    /// Up to so many percent of the allowed time it is fast: Easy. 0 only for answers in no time.
    pub fast_percent: u8,
    /// From so many percent on it is slow: Hard. Above `fast_percent`, at most 100.
    pub slow_percent: u8,
}

/// The rule for ratings: limits within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PaceLimits", into = "PaceLimits")]
pub struct PaceRule(PaceLimits);

/// The rules that an answer is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerRules {
    /// For abilities and the item's difficulty.
    pub elo: Elo,
    /// For the review card.
    pub pace: PaceRule,
}

/// What an answer changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// The item's skills from now on, in the order in which they came.
    pub skills: Vec<SkillMastery>,
    /// Those of them that became mastered by this answer.
    pub mastered: Vec<SkillId>,
    /// The item's difficulty from now on.
    pub item: EloRating,
    /// How likely a right answer was; none for an item without skills, of whose students nothing is known.
    pub expected: Option<Probability>,
    /// For the item's review card.
    pub rating: Rating,
}

/// Why limits are not a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaceRuleError {
    /// They overlap or are out of bounds.
    #[error("choose a fast limit below the slow one, and that at most 100 percent")]
    Limits,
}

/// Why there is no reaction. Nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReactError {
    /// More skills than [`MAX_SKILLS`].
    #[error("an item exercises at most 16 skills; name the most important ones")]
    TooManySkills,
    /// A skill stands there twice.
    #[error("skill {0} is named twice; name each skill of the item once")]
    DuplicateSkill(SkillId),
}

impl PaceRuleError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Limits => "pace_limits",
        }
    }
}

impl ReactError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooManySkills => "answer_too_many_skills",
            Self::DuplicateSkill(_) => "answer_duplicate_skill",
        }
    }
}

impl SkillMastery {
    /// Before the first answer.
    #[must_use]
    pub fn new(skill: SkillId, model: &Bkt) -> Self {
        Self { skill, knowledge: model.start(), ability: EloRating::default() }
    }
}

impl PaceRule {
    /// A rule from its limits.
    ///
    /// # Errors
    /// [`PaceRuleError::Limits`].
    pub fn new(limits: PaceLimits) -> Result<Self, PaceRuleError> {
        let fits = limits.fast_percent < limits.slow_percent && limits.slow_percent <= 100;
        if fits { Ok(Self(limits)) } else { Err(PaceRuleError::Limits) }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> PaceLimits {
        self.0
    }

    /// The rating of an answer: wrong is Again, right is Easy, Good or Hard by its pace, and Good if nobody knows how
    /// long it should take.
    #[must_use]
    pub fn rating(&self, correct: bool, pace: Pace) -> Rating {
        if !correct {
            return Rating::Again;
        }
        let Some(allowed) = pace.allowed_ms.filter(|allowed| *allowed > 0) else { return Rating::Good };
        // In whole hundredths of the allowed time, so that a replay decides the same.
        let (spent, allowed) = (u128::from(pace.elapsed_ms) * 100, u128::from(allowed));
        if spent <= allowed * u128::from(self.0.fast_percent) {
            Rating::Easy
        } else if spent >= allowed * u128::from(self.0.slow_percent) {
            Rating::Hard
        } else {
            Rating::Good
        }
    }
}

impl Default for PaceRule {
    /// Fast up to a quarter of the allowed time, slow from three quarters on.
    fn default() -> Self {
        Self(PaceLimits { fast_percent: 25, slow_percent: 75 })
    }
}

impl TryFrom<PaceLimits> for PaceRule {
    type Error = PaceRuleError;

    fn try_from(limits: PaceLimits) -> Result<Self, PaceRuleError> {
        Self::new(limits)
    }
}

impl From<PaceRule> for PaceLimits {
    fn from(rule: PaceRule) -> Self {
        rule.0
    }
}

/// What `answer` changes for a student who has these `skills` and for the `item` that exercises them.
///
/// Each skill's knowledge takes the answer as evidence, with the greater guess of skill and item. For the ratings the
/// student plays with the mean of the abilities, so that strength in one skill can make up for weakness in another; each
/// ability then moves by its own K, and the item once.
///
/// # Errors
/// Too many skills, or one of them twice.
pub fn react(
    rules: &AnswerRules,
    skills: &[SkillBefore],
    item: EloRating,
    answer: Answer,
) -> Result<Reaction, ReactError> {
    if skills.len() > MAX_SKILLS {
        return Err(ReactError::TooManySkills);
    }
    let mut seen = HashSet::with_capacity(skills.len());
    if let Some(twice) = skills.iter().find(|before| !seen.insert(before.mastery.skill)) {
        return Err(ReactError::DuplicateSkill(twice.mastery.skill));
    }
    let rating = rules.pace.rating(answer.correct, answer.pace);
    let Some(ability) = mean_ability(skills) else {
        return Ok(Reaction { skills: Vec::new(), mastered: Vec::new(), item, expected: None, rating });
    };
    let expected = elo::chance(ability, item.logit, answer.guess);
    let surprise = elo::surprise(expected, answer.correct);
    let after: Vec<SkillMastery> = skills
        .iter()
        .map(|SkillBefore { mastery, model }| SkillMastery {
            skill: mastery.skill,
            knowledge: model.for_item(answer.guess).observe(mastery.knowledge, answer.correct),
            ability: rules.elo.moved(mastery.ability, surprise),
        })
        .collect();
    let mastered = skills
        .iter()
        .zip(&after)
        .filter(|(before, after)| after.knowledge.is_mastered() && !before.mastery.knowledge.is_mastered())
        .map(|(_, after)| after.skill)
        .collect();
    let item = rules.elo.moved(item, -surprise);
    Ok(Reaction { skills: after, mastered, item, expected: Some(expected), rating })
}

/// None without skills.
fn mean_ability(skills: &[SkillBefore]) -> Option<Logit> {
    let n = u32::try_from(skills.len()).ok().filter(|n| *n > 0)?;
    let sum: f64 = skills.iter().map(|before| before.mastery.ability.logit.get()).sum();
    Some(Logit::bounded(sum / f64::from(n)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
