//! Skills, mastery and cards of a school, and what another one tries with their ids.

use crate::suite::{content, mastery::counting};
use persistence::items::item_ids;
use persistence::mastery::{AnswerEvent, Asked, Shown, Source};
use persistence::{Micros, Store};
use protocol::ids::{ClassId, PersonId, QuizId, SchoolId, SkillId};
use protocol::quiz::QuizContent;
use uuid::Uuid;

pub struct Learning {
    skill: SkillId,
    student: PersonId,
    answer: AnswerEvent,
    card: Uuid,
    content: QuizContent,
}

impl Learning {
    /// A row in every table of them. The quiz is at version 2.
    pub async fn in_store(store: &Store, school: SchoolId, quiz: QuizId, student: PersonId) -> Self {
        let (skill, records) = (SkillId::generate(), store.mastery());
        store.skills().create(school, skill, "Lakes", Micros(5)).await.unwrap();
        let mut content = content("Lakes");
        content.questions[0].skills = vec![skill];
        store.quizzes().update(school, quiz, 2, &content, Micros(3_000)).await.unwrap();
        let item = item_ids(quiz, &content)[0].unwrap();
        let asked = Asked { item, quiz, version: 3, question: 0, order: vec![] };
        let answer = AnswerEvent {
            id: Uuid::now_v7(),
            person: student,
            asked: asked.clone(),
            source: Source::Game,
            correct: Some(true),
            elapsed_ms: None,
            occurred_at: Micros(5),
        };
        records
            .learn_from_game(school, std::slice::from_ref(&answer), None, Micros(6), &mut counting)
            .await
            .unwrap();
        records.show(school, student, &Shown { asked, skill: Some(skill), at: Micros(7) }).await.unwrap();
        let due = records.due_cards(school, student, Micros(i64::MAX), None, 9).await.unwrap();
        Self { skill, student, card: due.items[0].id, answer, content }
    }

    /// Everything that a store does with them, for another school that has such things of its own.
    pub async fn meddle(&self, store: &Store, school: SchoolId, own: &Self) {
        let (skills, records) = (store.skills(), store.mastery());
        assert_eq!(skills.get(school, self.skill).await.unwrap(), None);
        assert!(skills.update(school, self.skill, 1, "Stolen", true, Micros(9)).await.is_err());
        let listed = skills.list(school, false, None, 10).await.unwrap().items;
        assert!(listed.iter().all(|skill| skill.id == own.skill), "{listed:?}");
        let planted =
            store.quizzes().update(school, own.answer.asked.quiz, 3, &self.content, Micros(9)).await;
        assert!(planted.is_err());

        let item = self.answer.asked.item;
        assert_eq!(records.of_person(school, self.student).await.unwrap(), []);
        assert_eq!(records.of_class(school, ClassId::generate()).await.unwrap(), []);
        assert_eq!(records.ability(school, self.student, self.skill, "count_1").await.unwrap(), None);
        let found = records.candidates(school, own.student, self.skill, Micros(99), 9).await.unwrap();
        assert_eq!(found, []);
        assert_eq!(records.to_practise(school, self.student, 9).await.unwrap(), [own.skill]);
        assert_eq!(records.place(school, item).await.unwrap(), None);
        assert_eq!(records.answered(school, self.student, self.answer.id).await.unwrap(), None);
        for person in [self.student, own.student] {
            assert_eq!(records.card(school, person, self.card).await.unwrap(), None);
            assert_eq!(records.shown(school, person, item).await.unwrap(), None);
            let shown = Shown { asked: self.answer.asked.clone(), skill: None, at: Micros(9) };
            assert!(records.show(school, person, &shown).await.is_err());
            let answer = AnswerEvent { id: Uuid::now_v7(), person, ..self.answer.clone() };
            let answers = std::slice::from_ref(&answer);
            let learned = records.learn_from_game(school, answers, None, Micros(9), &mut counting).await;
            assert_eq!(learned.unwrap(), [].into());
        }
        let due = records.due_cards(school, self.student, Micros(i64::MAX), None, 9).await.unwrap();
        assert_eq!(due.items, []);
        assert_eq!(records.chosen_since(school, self.student, None, Micros(0)).await.unwrap(), None);
        let stolen =
            records.learn_from_answer(school, &self.answer, Micros(7), Micros(9), &mut counting).await;
        assert!(!matches!(stolen, Ok(true)), "{stolen:?}");
        // Equal ids in two schools are two things.
        skills.create(school, self.skill, "Twin", Micros(9)).await.unwrap();
    }
}
