//! Items: questions, over all versions of their quiz.

use crate::db::{Sql, Tx, Value};
use crate::multi_row::MultiRow;
use crate::{Unavailable, column_word, skills};
use protocol::ids::{ItemId, QuizId, SchoolId, SkillId};
use protocol::quiz::{Question, QuestionKind, QuizContent};
use std::collections::HashMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// The items of a quiz, question by question; none for polls, of which nothing can be learned.
///
/// An item's id follows from its quiz, and the kind, prompt and picture of the question. So it stays when questions are
/// moved, and when options, the solution, the time or the explanation are mended; no editor, file or client has to carry
/// an id. A question that asks something else is another item, of which nothing is known yet: that a mended typing error
/// makes one, too, costs a few answers. Questions of a quiz that ask the same are counted in their order.
#[must_use]
pub fn item_ids(quiz: QuizId, content: &QuizContent) -> Vec<Option<ItemId>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let id = |question: &Question| {
        if matches!(question.kind, QuestionKind::Poll { .. }) {
            return None;
        }
        let picture = question.image.as_ref().map_or("", |image| image.url.as_str());
        // Texts of authors have no control characters but line breaks and tabs, so the parts cannot run together.
        let kind = column_word::write(question.kind.name()).unwrap_or_default();
        let asked = format!("{kind}\u{1}{}\u{1}{picture}", question.prompt.trim());
        let nth = seen.entry(asked.clone()).or_default();
        let name = format!("{asked}\u{1}{nth}");
        *nth += 1;
        Some(ItemId(Uuid::new_v5(&quiz.0, name.as_bytes())))
    };
    content.questions.iter().map(id).collect()
}

/// Why the items of a quiz are not kept.
#[derive(Debug)]
pub(crate) enum IndexError {
    UnknownSkill(SkillId),
    Unavailable(Unavailable),
}

impl<E: Into<Unavailable>> From<E> for IndexError {
    fn from(error: E) -> Self {
        Self::Unavailable(error.into())
    }
}

const LOCK: Sql = Sql::each(
    "SELECT item_id FROM item_param WHERE school_id = $1 AND quiz_id = $2 ORDER BY item_id FOR UPDATE",
    "SELECT item_id FROM item_param WHERE school_id = $1 AND quiz_id = $2 LIMIT 1",
);

const HEAD: &str = "
    INSERT INTO item_param (school_id, quiz_id, version, item_id, question, kind, options) VALUES";

static PLACE: LazyLock<MultiRow> = LazyLock::new(|| {
    MultiRow::new(HEAD, 3, 4).ending(
        "ON CONFLICT (school_id, item_id) DO UPDATE SET version = excluded.version, question = excluded.question,
            kind = excluded.kind, options = excluded.options",
    )
});

static ADD: LazyLock<MultiRow> =
    LazyLock::new(|| MultiRow::new(HEAD, 3, 4).ending("ON CONFLICT (school_id, item_id) DO NOTHING"));

const FORGET_SKILLS: &str = "
    DELETE FROM item_skill WHERE school_id = $1 AND item_id IN
        (SELECT item_id FROM item_param WHERE school_id = $1 AND quiz_id = $2 AND version = $3)";

static ADD_SKILLS: LazyLock<MultiRow> = LazyLock::new(|| {
    MultiRow::new("INSERT INTO item_skill (school_id, skill_id, item_id) VALUES", 1, 2)
        .ending("ON CONFLICT (school_id, skill_id, item_id) DO NOTHING")
});

/// Notes where the items of a new version stand and what they exercise; those that it has no longer stay where they were.
pub(crate) async fn place(
    tx: &mut Tx,
    school: SchoolId,
    quiz: QuizId,
    version: u32,
    content: &QuizContent,
) -> Result<(), IndexError> {
    let mut named: Vec<SkillId> = content.questions.iter().flat_map(|asked| asked.skills.clone()).collect();
    named.sort_unstable();
    named.dedup();
    if let Some(unknown) = skills::missing(tx, school, &named).await? {
        return Err(IndexError::UnknownSkill(unknown));
    }
    // Whoever learns from answers locks items in the same order.
    let _: Vec<(Uuid,)> = tx.fetch_all(LOCK, [school.0.into(), quiz.0.into()]).await?;
    let items = in_order(quiz, content);
    write(tx, &PLACE, school, quiz, version, &items).await?;
    tx.execute(FORGET_SKILLS, [school.0.into(), quiz.0.into(), version.into()]).await?;
    write_skills(tx, school, &items).await?;
    Ok(())
}

/// Keeps the items of a version that nobody placed, since it is older than items are.
pub(crate) async fn add(
    tx: &mut Tx,
    school: SchoolId,
    quiz: QuizId,
    version: u32,
    content: &QuizContent,
) -> Result<(), Unavailable> {
    write(tx, &ADD, school, quiz, version, &in_order(quiz, content)).await
}

type Placed<'a> = (ItemId, usize, &'a Question);

fn in_order(quiz: QuizId, content: &QuizContent) -> Vec<Placed<'_>> {
    let ids = item_ids(quiz, content).into_iter().zip(&content.questions).enumerate();
    let mut items: Vec<_> = ids.filter_map(|(index, (id, asked))| Some((id?, index, asked))).collect();
    items.sort_unstable_by_key(|(id, ..)| *id);
    items
}

async fn write(
    tx: &mut Tx,
    sql: &'static MultiRow,
    school: SchoolId,
    quiz: QuizId,
    version: u32,
    items: &[Placed<'_>],
) -> Result<(), Unavailable> {
    for (sql, batch) in sql.batches(items) {
        let mut values = vec![school.0.into(), quiz.0.into(), version.into()];
        for (id, index, asked) in batch {
            values.extend::<[Value<'_>; 4]>([
                id.0.into(),
                count(*index).into(),
                column_word::write(asked.kind.name())?.into(),
                count(options(&asked.kind)).into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

async fn write_skills(tx: &mut Tx, school: SchoolId, items: &[Placed<'_>]) -> Result<(), Unavailable> {
    let of = |(id, _, asked): &Placed<'_>| {
        let id = *id;
        asked.skills.iter().map(move |skill| (*skill, id)).collect::<Vec<_>>()
    };
    let mut pairs: Vec<(SkillId, ItemId)> = items.iter().flat_map(of).collect();
    pairs.sort_unstable();
    for (sql, batch) in ADD_SKILLS.batches(&pairs) {
        let mut values = vec![school.0.into()];
        for (skill, item) in batch {
            values.extend::<[Value<'_>; 2]>([skill.0.into(), item.0.into()]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

fn options(kind: &QuestionKind) -> usize {
    match kind {
        QuestionKind::SingleChoice { options, .. }
        | QuestionKind::MultipleChoice { options, .. }
        | QuestionKind::Poll { options } => options.len(),
        QuestionKind::Ordering { items } => items.len(),
        QuestionKind::TrueFalse { .. } => 2,
        QuestionKind::Typed { .. } | QuestionKind::Numeric { .. } => 0,
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use protocol::quiz::Image;

    fn question(prompt: &str, kind: QuestionKind) -> Question {
        let (image, explanation) = (None, None);
        Question {
            prompt: prompt.into(),
            image,
            time_limit_s: 20,
            points: 1,
            explanation,
            skills: vec![],
            kind,
        }
    }

    fn ids(questions: &[Question]) -> Vec<Option<ItemId>> {
        let quiz = QuizId(Uuid::from_u128(1));
        item_ids(
            quiz,
            &QuizContent { title: String::new(), description: String::new(), questions: questions.to_vec() },
        )
    }

    #[test]
    fn an_item_stays_when_its_question_moves_or_is_mended() {
        let truth = |correct| QuestionKind::TrueFalse { correct };
        let (river, lake) = (question("A river?", truth(true)), question("A lake?", truth(true)));
        let first = ids(&[river.clone(), lake.clone()]);
        let moved = ids(&[lake.clone(), river.clone()]);
        assert_eq!((first[0], first[1]), (moved[1], moved[0]));
        let mended = Question {
            time_limit_s: 60,
            explanation: Some("so".into()),
            ..question(" A river?", truth(false))
        };
        assert_eq!(ids(&[mended])[0], first[0]);
        let picture = Image { url: "/river.png".into(), alt: String::new() };
        let other = Question { image: Some(picture), ..river.clone() };
        assert_ne!(ids(&[other])[0], first[0]);
        let typed = QuestionKind::Typed { accepted: vec![], match_case: false, match_accents: false };
        assert_ne!(ids(&[question("A river?", typed)])[0], first[0]);
        let twice = ids(&[river.clone(), river]);
        assert_eq!(twice[0], first[0]);
        assert!(twice[1].unwrap() != twice[0].unwrap());
        assert_ne!(
            item_ids(
                QuizId::generate(),
                &QuizContent { title: String::new(), description: String::new(), questions: vec![lake] }
            )[0],
            first[1]
        );
    }

    #[test]
    fn of_a_poll_nothing_is_learned() {
        assert_eq!(ids(&[question("Which?", QuestionKind::Poll { options: vec![] })]), [None]);
    }
}
