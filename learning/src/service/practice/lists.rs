//! What is believed of people, and which cards are due.

use super::{Practice, rule};
use crate::service::{Member, RecordError};
use persistence::mastery::{Asked, DueCard, Shown, SkillMastery};
use persistence::{Cursor, Micros, Page};
use protocol::ids::{ClassId, PersonId, SkillId};
use protocol::quiz::QuestionView;

/// What is believed of somebody in a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct MasteryView {
    /// Which skill.
    pub skill: SkillId,
    /// Its title.
    pub title: String,
    /// The probability that it is known.
    pub mastery: f64,
    /// Whether it counts as mastered.
    pub mastered: bool,
    /// Answers behind it.
    pub answers: u32,
    /// The ability, logits.
    pub theta: f64,
    /// Its standard error.
    pub se: f64,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// A student with what is believed of them.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentMastery {
    /// Who.
    pub student: PersonId,
    /// Name, as shown.
    pub name: String,
    /// Skill by skill.
    pub skills: Vec<MasteryView>,
}

/// A card as its person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct CardView {
    /// The card with the place of its question.
    pub card: DueCard,
    /// The question without its solution; none while the card is not due.
    pub question: Option<QuestionView>,
}

impl From<SkillMastery> for MasteryView {
    fn from(kept: SkillMastery) -> Self {
        Self {
            skill: kept.skill,
            title: kept.title,
            mastery: kept.mastery.known,
            mastered: kept.mastery.mastered_at.is_some(),
            answers: kept.mastery.answers,
            theta: kept.mastery.ability,
            se: rule::standard_error(kept.mastery.information),
            updated_at: kept.mastery.updated_at,
        }
    }
}

impl Practice {
    /// What is believed of the caller.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn own_mastery(&self, who: &Member) -> Result<Vec<MasteryView>, RecordError> {
        let kept = self.records().of_person(who.school, who.person).await?;
        Ok(kept.into_iter().map(MasteryView::from).collect())
    }

    /// What is believed of the students of a class, for those who run it.
    ///
    /// # Errors
    /// As [`run_class`](crate::service::Learning::run_class).
    pub async fn class_mastery(
        &self,
        who: &Member,
        class: ClassId,
    ) -> Result<Vec<StudentMastery>, RecordError> {
        self.learning.run_class(who, class).await?;
        let students = self.records().of_class(who.school, class).await?.into_iter();
        let of = |student: persistence::mastery::ClassMastery| StudentMastery {
            student: student.student,
            name: student.name,
            skills: student.skills.into_iter().map(MasteryView::from).collect(),
        };
        Ok(students.map(of).collect())
    }

    /// The caller's cards that are due by then, the longest due first; now without. Those that are due now are shown with
    /// their questions, and are open for an answer from then on.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn due_cards(
        &self,
        who: &Member,
        by: Option<Micros>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<CardView>, RecordError> {
        let (records, now) = (self.records(), self.learning.now());
        let page = records.due_cards(who.school, who.person, by.unwrap_or(now), after, limit).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for card in page.items {
            let question =
                if card.due_at <= now { Some(self.show_card(who, &card, now).await?) } else { None };
            items.push(CardView { card, question });
        }
        Ok(Page { items, next: page.next })
    }

    async fn show_card(
        &self,
        who: &Member,
        card: &DueCard,
        now: Micros,
    ) -> Result<QuestionView, RecordError> {
        let records = self.records();
        // Looked at twice, it is shown in the same order.
        if let Some(shown) = records.shown(who.school, who.person, card.asked.item).await? {
            let question = self.question(who.school, &shown.asked).await?;
            return Ok(self.questions.view(&question, &shown.asked.order));
        }
        let question = self.question(who.school, &card.asked).await?;
        let asked = Asked { order: self.questions.shuffle(&question.kind), ..card.asked.clone() };
        let view = self.questions.view(&question, &asked.order);
        records.show(who.school, who.person, &Shown { asked, skill: None, at: now }).await?;
        Ok(view)
    }
}
