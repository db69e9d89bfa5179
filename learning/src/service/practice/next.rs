//! The next item: what tells most of an ability, among a few chance decides.

use super::{Practice, draw, rule};
use crate::mastery::irt::Curve;
use crate::mastery::number::Logit;
use crate::mastery::select::{Candidate, MAX_POOL, Pool, SelectRule, Standing};
use crate::service::{Member, RecordError};
use persistence::Micros;
use persistence::mastery::{Asked, Shown};
use protocol::ids::{ItemId, SkillId};
use protocol::quiz::QuestionView;
use std::collections::HashSet;
use uuid::Uuid;

/// For so long an item that was chosen stays the next one: who asks again does not fish for another, and exposes none.
const STAYS: i64 = 3_600_000_000;
/// For so long an item that was answered is not chosen.
const RESTS: i64 = 86_400_000_000;
/// Skills that are looked through for an item.
const SKILLS: u32 = 16;

/// What a person is asked next.
#[derive(Clone, Debug, PartialEq)]
pub struct NextItem {
    /// Which item.
    pub item: ItemId,
    /// For which skill.
    pub skill: Option<SkillId>,
    /// The question, without its solution.
    pub question: QuestionView,
    /// How much an answer tells, at the ability of the person.
    pub information: f64,
    /// When it was chosen.
    pub shown_at: Micros,
}

impl Practice {
    /// The next item of a skill, or of the skill that the person should practise; none if there is nothing to ask by now.
    /// Items are the questions of the school's quizzes that name the skill and are not put away.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for a skill that the school does not have or has put away.
    pub async fn next_item(
        &self,
        who: &Member,
        skill: Option<SkillId>,
    ) -> Result<Option<NextItem>, RecordError> {
        let (records, now) = (self.records(), self.learning.now());
        let skills = match skill {
            Some(skill) => {
                let kept = self.learning.store().skills().get(who.school, skill).await?;
                kept.filter(|kept| !kept.archived).ok_or(RecordError::NotFound)?;
                vec![skill]
            }
            None => records.to_practise(who.school, who.person, SKILLS).await?,
        };
        let since = Micros(now.0 - STAYS);
        if let Some(shown) = records.chosen_since(who.school, who.person, skill, since).await? {
            return self.as_shown(who, shown).await.map(Some);
        }
        for skill in skills {
            if let Some(item) = self.choose(who, skill, now).await? {
                let place = records.place(who.school, item).await?.ok_or(RecordError::NotFound)?;
                let question = self.question(who.school, &place).await?;
                let asked = Asked { order: self.questions.shuffle(&question.kind), ..place };
                let shown = Shown { asked, skill: Some(skill), at: now };
                records.show(who.school, who.person, &shown).await?;
                return self.as_shown(who, shown).await.map(Some);
            }
        }
        Ok(None)
    }

    async fn choose(&self, who: &Member, skill: SkillId, now: Micros) -> Result<Option<ItemId>, RecordError> {
        let most = u32::try_from(MAX_POOL).unwrap_or(u32::MAX);
        let rested = Micros(now.0 - RESTS);
        let found = self.records().candidates(who.school, who.person, skill, rested, most).await?;
        let of = |found: &persistence::mastery::Candidate| {
            Some(Candidate { item: found.item, curve: rule::curve(&found.state)? })
        };
        let pool = Pool::new(found.iter().filter_map(of).collect()).unwrap_or_default();
        let theta = self.theta(who, skill).await?;
        let used = HashSet::new();
        let standing = Standing { theta, given: 0, used: &used };
        Ok(draw(Uuid::new_v4()).and_then(|draw| SelectRule::default().next(&pool, standing, draw)))
    }

    async fn theta(&self, who: &Member, skill: SkillId) -> Result<Logit, RecordError> {
        let kept = self.records().ability(who.school, who.person, skill, rule::MODEL).await?;
        Ok(kept.and_then(|kept| Logit::new(kept).ok()).unwrap_or_default())
    }

    async fn as_shown(&self, who: &Member, shown: Shown) -> Result<NextItem, RecordError> {
        let question = self.question(who.school, &shown.asked).await?;
        let theta = match shown.skill {
            Some(skill) => self.theta(who, skill).await?,
            None => Logit::default(),
        };
        let state = self.records().item(who.school, shown.asked.item).await?;
        let curve: Option<Curve> = state.as_ref().and_then(rule::curve);
        Ok(NextItem {
            item: shown.asked.item,
            skill: shown.skill,
            question: self.questions.view(&question, &shown.asked.order),
            information: curve.map_or(0.0, |curve| curve.information(theta)),
            shown_at: shown.at,
        })
    }
}
