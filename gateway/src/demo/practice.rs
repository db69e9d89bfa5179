//! What questions of the demo exercise, and what its class has answered in the last days.

use super::{DemoError, failed, fixed};
use learning::service::practice::{Schedule, reaction};
use persistence::{
    Micros, Store,
    items::item_ids,
    mastery::{AnswerEvent, Asked, Known, Source},
    skills::CreateSkillError,
};
use protocol::{
    ids::{PersonId, QuizId, SchoolId, SkillId},
    quiz::QuizContent,
};
use serde::Deserialize;
use uuid::Uuid;

const SKILLS: &str = include_str!("../../demo/skills.json");

const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// The quizzes that the class has played; the others are new to it.
const PLAYED: usize = 2;
/// Days since each of them.
const DAYS_AGO: [i64; PLAYED] = [9, 4];

#[derive(Deserialize)]
struct Exercised {
    title: String,
    /// Number of a quiz of the demo.
    quiz: usize,
    /// Indices of its questions.
    questions: Vec<usize>,
}

/// Makes the skills, as far as they are not there.
pub(super) async fn skills(store: &Store, school: SchoolId, now: Micros) -> Result<(), DemoError> {
    for (number, skill) in read()?.iter().enumerate() {
        match store.skills().create(school, skill_id(number), &skill.title, now).await {
            Ok(()) | Err(CreateSkillError::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Gives the questions of a quiz their skills.
pub(super) fn mark(number: usize, quiz: &mut QuizContent) -> Result<(), DemoError> {
    for (skill, exercised) in read()?.iter().enumerate().filter(|(_, exercised)| exercised.quiz == number) {
        for index in &exercised.questions {
            if let Some(question) = quiz.questions.get_mut(*index) {
                question.skills.push(skill_id(skill));
            }
        }
    }
    Ok(())
}

/// Lets the class have answered: some students know much, some little, and nobody answered everything. Once: what was
/// learned since stays.
pub(super) async fn answers(
    store: &Store,
    school: SchoolId,
    students: &[PersonId],
    now: Micros,
    schedule: Schedule,
) -> Result<(), DemoError> {
    let records = store.mastery();
    let Some(first) = students.first() else { return Ok(()) };
    if !records.of_person(school, *first).await.map_err(failed)?.is_empty() {
        return Ok(());
    }
    for (number, days) in DAYS_AGO.into_iter().enumerate() {
        let id = QuizId(fixed(3, number));
        let Some(quiz) = store.quizzes().get(school, id).await.map_err(failed)? else { continue };
        records.keep_items(school, id, quiz.version, &quiz.content).await.map_err(failed)?;
        let items = item_ids(id, &quiz.content);
        let mut events = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (Some(item), Ok(question)) = (*item, u32::try_from(index)) else { continue };
            for (place, person) in students.iter().enumerate() {
                // A third of the questions was not answered, each time another one.
                if (place + index) % 3 == 0 {
                    continue;
                }
                let asked = Asked { item, quiz: id, version: quiz.version, question, order: Vec::new() };
                events.push(AnswerEvent {
                    id: answer_id(number, index, place),
                    person: *person,
                    asked,
                    source: Source::Game,
                    correct: Some(knows(place, index)),
                    elapsed_ms: Some(4_000),
                    occurred_at: Micros(now.0 - days * DAY),
                });
            }
        }
        let mut rule = |event: &AnswerEvent, known: &Known| reaction(event, known, schedule);
        records.learn_from_game(school, &events, None, now, &mut rule).await.map_err(failed)?;
    }
    Ok(())
}

/// Whether the student at this place knew the answer: five in six of the best, one in six of the weakest.
fn knows(place: usize, question: usize) -> bool {
    let strength = 5 - place * 7 % 5;
    (place * 11 + question * 5) % 6 < strength
}

fn read() -> Result<Vec<Exercised>, DemoError> {
    Ok(serde_json::from_str(SKILLS)?)
}

fn skill_id(number: usize) -> SkillId {
    SkillId(fixed(10, number))
}

/// Answers have numbers of their own in quiz, question and student.
fn answer_id(quiz: usize, question: usize, place: usize) -> Uuid {
    fixed(11, (quiz * 1_000 + question) * 1_000 + place)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_skill_of_the_demo_has_questions_that_can_be_answered() {
        for skill in read().unwrap() {
            let quiz: QuizContent = serde_json::from_str(super::super::QUIZZES[skill.quiz]).unwrap();
            let items = item_ids(QuizId(fixed(3, skill.quiz)), &quiz);
            assert!(skill.questions.len() >= 2, "{}", skill.title);
            for question in skill.questions {
                assert!(items.get(question).copied().flatten().is_some(), "{} {question}", skill.title);
            }
        }
    }
}
