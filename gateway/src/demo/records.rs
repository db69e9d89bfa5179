//! What a class of the demo has been doing: a course with lessons, a gradebook with scores, an assignment.

use super::{DemoError, failed, fixed};
use learning::service::gradebook::CategoryRules;
use persistence::{
    Micros, Store,
    assignments::{AssignmentContent, AssignmentState, CreateAssignmentError},
    classes::ClassContent,
    courses::CreateCourseError,
    gradebook::{
        CategoryContent, CreateCategoryError, CreateLineItemError, LineItemContent, NewScore, ScoreSource,
        SetPolicyError,
    },
    lessons::CreateLessonError,
    progress::{Fraction, ProgressOp, ProgressState},
};
use protocol::ids::{
    AssignmentId, CategoryId, ClassId, CourseId, LessonId, LineItemId, PersonId, QuizId, SchoolId, ScoreId,
};
use serde::Deserialize;
use serde_json::json;

const CONTENT: &str = include_str!("../../demo/records.json");

const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// The weight of a percent.
const PERCENT_PPM: i64 = 10_000;
const HALF_PPM: u32 = 500_000;
/// Scores of a line item have numbers of their own from here.
const SCORES_OF_ITEM: usize = 1_000;

#[derive(Deserialize)]
struct Content {
    course: Course,
    /// Letters with the percentage from which they are given.
    letters: Vec<(String, f64)>,
    categories: Vec<Category>,
    line_items: Vec<Item>,
    assignment: Work,
}

#[derive(Deserialize)]
struct Course {
    title: String,
    lessons: Vec<Lesson>,
}

#[derive(Deserialize)]
struct Lesson {
    title: String,
    texts: Vec<String>,
    /// Number of a quiz of the demo.
    quiz: usize,
}

#[derive(Deserialize)]
struct Category {
    title: String,
    weight_percent: i64,
    drop_lowest: u32,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    /// Place among the categories.
    category: usize,
    points: f64,
    due_in_days: i64,
    extra_credit: bool,
    /// By student; none if nothing was scored.
    scores: Vec<Option<Scored>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Scored {
    Points(f64),
    Excused(Excused),
}

#[derive(Clone, Copy, Deserialize)]
enum Excused {
    #[serde(rename = "ex")]
    Ex,
}

#[derive(Deserialize)]
struct Work {
    title: String,
    text: String,
    due_in_days: i64,
    attempts: u32,
    points: f64,
}

/// Whose records.
pub(super) struct Of<'a> {
    pub school: SchoolId,
    pub class: ClassId,
    pub teacher: PersonId,
    pub students: &'a [PersonId],
}

/// Makes the records once. The assignment comes last and says that all is there: what was deleted since stays deleted.
pub(super) async fn seed(store: &Store, of: &Of<'_>, now: Micros) -> Result<(), DemoError> {
    let work = AssignmentId(fixed(4, 0));
    if store.assignments().get(of.school, work).await.map_err(failed)?.is_some() {
        return Ok(());
    }
    let content: Content = serde_json::from_str(CONTENT)?;
    course(store, of, &content.course, now).await?;
    policy(store, of, &content, now).await?;
    for (number, category) in content.categories.iter().enumerate() {
        let kept = CategoryContent {
            title: category.title.clone(),
            parent: None,
            position: place(number),
            weight_ppm: Some(category.weight_percent * PERCENT_PPM),
            rules: serde_json::to_value(CategoryRules {
                drop_lowest: category.drop_lowest,
                ..CategoryRules::default()
            })?,
        };
        match store.gradebooks().create_category(of.school, of.class, category_id(number), &kept).await {
            Ok(()) | Err(CreateCategoryError::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    for (number, item) in content.line_items.iter().enumerate() {
        line_item(store, of, number, item, now).await?;
    }
    progress(store, of, content.course.lessons.len(), now).await?;
    assignment(store, of, work, &content, now).await
}

async fn course(store: &Store, of: &Of<'_>, course: &Course, now: Micros) -> Result<(), DemoError> {
    let id = CourseId(fixed(5, 0));
    match store.courses().create(of.school, id, &course.title, now).await {
        Ok(()) | Err(CreateCourseError::Exists) => {}
        Err(error) => return Err(failed(error)),
    }
    for (number, lesson) in course.lessons.iter().enumerate() {
        let texts = lesson.texts.iter().map(|text| json!({"kind": "text", "text": text}));
        let quiz = json!({"kind": "quiz", "quiz": QuizId(fixed(3, lesson.quiz))});
        let blocks: Vec<_> = texts.chain([quiz]).collect();
        let lesson_id = LessonId(fixed(6, number));
        let content = json!({ "blocks": blocks });
        match store.lessons().create(of.school, id, lesson_id, &lesson.title, &content, now).await {
            Ok(()) => store.lessons().publish(of.school, lesson_id, Some(1)).await.map_err(failed)?,
            Err(CreateLessonError::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let Some(class) = store.classes().get(of.school, of.class).await.map_err(failed)? else { return Ok(()) };
    if class.content.course.is_none() {
        let content = ClassContent { course: Some(id), ..class.content };
        store.classes().update(of.school, of.class, class.version, &content).await.map_err(failed)?;
    }
    Ok(())
}

/// Lets students have read: each a few lessons, most of them one more in part.
async fn progress(store: &Store, of: &Of<'_>, lessons: usize, now: Micros) -> Result<(), DemoError> {
    for (place, person) in of.students.iter().enumerate() {
        let done = (place * 7 + 2) % 4;
        let mut ops = Vec::new();
        for lesson in 0..lessons.min(done + 1) {
            let (state, fraction) = match (lesson < done, Fraction::from_ppm(HALF_PPM)) {
                (true, _) => (ProgressState::Completed, Fraction::WHOLE),
                (false, Some(half)) if place % 3 < 2 => (ProgressState::InProgress, half),
                _ => continue,
            };
            ops.push(ProgressOp {
                id: fixed(12, place * SCORES_OF_ITEM + lesson),
                lesson: LessonId(fixed(6, lesson)),
                state,
                fraction,
                occurred_at: Micros(now.0 - DAY),
            });
        }
        store.progress().merge(of.school, *person, &ops, now).await.map_err(failed)?;
    }
    Ok(())
}

async fn policy(store: &Store, of: &Of<'_>, content: &Content, now: Micros) -> Result<(), DemoError> {
    let letters =
        content.letters.iter().map(|(letter, from)| json!({"letter": letter, "from_percent": from}));
    let letters: Vec<_> = letters.collect();
    let policy = json!({"version": 1, "rules": {"engine": "canvas", "scheme": "percent"}, "letters": letters,
        "periods": {"weighted": false, "periods": []}, "only_period": null});
    match store.gradebooks().set_policy(of.school, of.class, 0, &policy, now).await {
        Ok(_) | Err(SetPolicyError::Conflict { .. }) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

async fn line_item(
    store: &Store,
    of: &Of<'_>,
    number: usize,
    item: &Item,
    now: Micros,
) -> Result<(), DemoError> {
    let id = LineItemId(fixed(8, number));
    let due_at = Micros(now.0 + item.due_in_days * DAY);
    let kept = LineItemContent {
        title: item.title.clone(),
        category: category_id(item.category),
        period: None,
        position: place(number),
        points_possible: item.points,
        due_at: Some(due_at),
        weight_ppm: None,
        extra_credit: item.extra_credit,
        omit_from_final: false,
        never_drop: false,
        hidden: false,
    };
    match store.gradebooks().create_line_item(of.school, of.class, id, &kept).await {
        Ok(()) | Err(CreateLineItemError::Exists) => {}
        Err(error) => return Err(failed(error)),
    }
    // Scored the day after it was due, so that a look back shows how grades grew.
    let scored_at = Micros((due_at.0 + DAY).min(now.0));
    let mut scores = Vec::new();
    for (place, (student, scored)) in of.students.iter().zip(&item.scores).enumerate() {
        let Some(scored) = scored else { continue };
        let (given, excused) = match scored {
            Scored::Points(points) => (Some(*points), false),
            Scored::Excused(Excused::Ex) => (None, true),
        };
        let id = ScoreId(fixed(9, number * SCORES_OF_ITEM + place));
        let (line_item, student, source) = (LineItemId(fixed(8, number)), *student, ScoreSource::Teacher);
        scores.push(NewScore {
            id,
            line_item,
            student,
            given,
            excused,
            scored_at,
            source,
            source_event: None,
        });
    }
    let books = store.gradebooks();
    books.append_scores(of.school, of.class, Some(of.teacher), &scores, now).await.map_err(failed)?;
    Ok(())
}

async fn assignment(
    store: &Store,
    of: &Of<'_>,
    id: AssignmentId,
    content: &Content,
    now: Micros,
) -> Result<(), DemoError> {
    let Work { title, text, due_in_days, attempts, points } = &content.assignment;
    let number = content.line_items.len();
    let last = content.categories.len().saturating_sub(1);
    let column = Item {
        title: title.clone(),
        category: last,
        points: *points,
        due_in_days: *due_in_days,
        extra_credit: false,
        scores: Vec::new(),
    };
    line_item(store, of, number, &column, now).await?;
    let content = AssignmentContent {
        title: title.clone(),
        line_item: Some(LineItemId(fixed(8, number))),
        state: AssignmentState::Open,
        content: json!({ "text": text }),
        policy: json!({"accept_late": true, "grace_minutes": 0, "late_percent_per_day": 10.0,
            "late_percent_most": 50.0}),
        attempts: *attempts,
        due_at: Some(Micros(now.0 + due_in_days * DAY)),
    };
    match store.assignments().create(of.school, of.class, id, &content, now).await {
        Ok(()) | Err(CreateAssignmentError::Exists) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn category_id(number: usize) -> CategoryId {
    CategoryId(fixed(7, number))
}

fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_score_of_the_demo_has_a_student_and_its_item_a_category() {
        let content: Content = serde_json::from_str(CONTENT).unwrap();
        for item in &content.line_items {
            assert!(item.category < content.categories.len(), "{}", item.title);
            assert_eq!(item.scores.len(), 24, "{}", item.title);
            for scored in item.scores.iter().flatten() {
                if let Scored::Points(points) = scored {
                    assert!((0.0..=item.points).contains(points), "{}", item.title);
                }
            }
        }
        let weights: i64 = content.categories.iter().map(|category| category.weight_percent).sum();
        assert_eq!(weights, 100);
    }
}
