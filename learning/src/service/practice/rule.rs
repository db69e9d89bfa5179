//! From what is kept to what the rules take, and back. No clock, no store.

use super::schedule::{self, Schedule};
use crate::mastery::answer::{Answer, AnswerRules, Pace, SkillBefore, SkillMastery, react};
use crate::mastery::bkt::{Bkt, Knowledge};
use crate::mastery::elo::EloRating;
use crate::mastery::fsrs::Rating;
use crate::mastery::irt::{Curve, ItemParams};
use crate::mastery::number::{Guess, Logit, Probability};
use persistence::Micros;
use persistence::mastery::{self as kept, AnswerEvent, Change, ItemState, Known};
use protocol::ids::SkillId;
use protocol::quiz::KindName;

/// The rules by which mastery is kept, with their versions. What others kept is begun anew.
pub(super) const MODEL: &str = "bkt_1+elo_1";

/// What stands behind an answer besides what is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// Milliseconds that there were to answer.
    pub(super) allowed_ms: Option<u64>,
    /// How the person rated the own memory, instead of an answer.
    pub(super) rated: Option<Rating>,
    /// By which rule a new card is seen again.
    pub(super) schedule: Schedule,
}

/// How likely a question is answered rightly without knowing anything.
pub(super) fn guess(kind: KindName, options: u32) -> Guess {
    match kind {
        KindName::SingleChoice | KindName::TrueFalse => Guess::among(options),
        // All combinations but the empty one.
        KindName::MultipleChoice => Guess::among(2_u32.saturating_pow(options.min(31)).saturating_sub(1)),
        KindName::Ordering => Guess::among((1..=options.min(12)).product()),
        KindName::Typed | KindName::Numeric | KindName::Poll => Guess::NONE,
    }
}

/// How an item responds, as far as it is known.
pub(super) fn curve(item: &ItemState) -> Option<Curve> {
    let c = guess(item.kind, item.options).get();
    Curve::new(ItemParams::three(item.discrimination, item.difficulty, c)).ok()
}

/// What an answer changes; none if it tells nothing, or what is kept cannot be read.
pub(super) fn learn(event: &AnswerEvent, known: &Known, around: Around) -> Option<Change> {
    let item = EloRating { logit: Logit::new(known.item.difficulty).ok()?, n: known.item.answers };
    let guess = guess(known.item.kind, known.item.options);
    let (skills, after, rating) = match (event.correct, around.rated) {
        (Some(correct), _) => {
            let pace = Pace { elapsed_ms: event.elapsed_ms.unwrap_or(0), allowed_ms: around.allowed_ms };
            // Without a time nobody knows the pace.
            let pace = if event.elapsed_ms.is_some() { pace } else { Pace { allowed_ms: None, ..pace } };
            let before: Vec<SkillBefore> =
                known.skills.iter().map(|(skill, mastery)| before(*skill, mastery.as_ref())).collect();
            let reaction =
                react(&AnswerRules::default(), &before, item, Answer { correct, guess, pace }).ok()?;
            let told = curve(&known.item);
            let skills = known.skills.iter().zip(&before).zip(&reaction.skills);
            let skills = skills.map(|(((skill, old), before), after)| {
                let information = told.map_or(0.0, |curve| curve.information(before.mastery.ability.logit));
                (*skill, mastered(event.occurred_at, old.as_ref(), after, information))
            });
            (skills.collect(), reaction.item, reaction.rating)
        }
        // Who rates the own memory proves nothing.
        (None, Some(rating)) => (Vec::new(), item, rating),
        (None, None) => return None,
    };
    let card = schedule::review(around.schedule, event, known.card.as_ref(), rating)?;
    let word = word(rating).to_owned();
    Some(Change { skills, item: (after.logit.get(), after.n), card, rating: word })
}

fn before(skill: SkillId, kept: Option<&kept::Mastery>) -> SkillBefore {
    let model = Bkt::default();
    let read = |kept: &kept::Mastery| {
        Some(SkillMastery {
            skill,
            knowledge: Knowledge { p: Probability::new(kept.known).ok()?, n: kept.answers },
            ability: EloRating { logit: Logit::new(kept.ability).ok()?, n: kept.answers },
        })
    };
    let mastery = kept.filter(|kept| kept.model == MODEL).and_then(read);
    SkillBefore { mastery: mastery.unwrap_or_else(|| SkillMastery::new(skill, &model)), model }
}

fn mastered(
    at: Micros,
    old: Option<&kept::Mastery>,
    after: &SkillMastery,
    information: f64,
) -> kept::Mastery {
    let old = old.filter(|old| old.model == MODEL);
    let since = old.and_then(|old| old.mastered_at).unwrap_or(at);
    kept::Mastery {
        model: MODEL.to_owned(),
        known: after.knowledge.p.get(),
        ability: after.ability.logit.get(),
        information: old.map_or(0.0, |old| old.information) + information,
        answers: after.knowledge.n,
        mastered_at: after.knowledge.is_mastered().then_some(since),
        updated_at: old.map_or(at, |old| old.updated_at.max(at)),
    }
}

/// The standard error of an ability, logits: of the standard normal prior, and of what the answers told.
pub(super) fn standard_error(information: f64) -> f64 {
    1.0 / (1.0 + information.max(0.0)).sqrt()
}

fn word(rating: Rating) -> &'static str {
    match rating {
        Rating::Again => "again",
        Rating::Hard => "hard",
        Rating::Good => "good",
        Rating::Easy => "easy",
    }
}
