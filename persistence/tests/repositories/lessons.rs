use super::Fixture;
use persistence::lessons::{
    CreateLessonError, Lesson, LessonView, PublishLessonError, ReorderLessonsError, UpdateLessonError,
};
use persistence::{Micros, Store};
use protocol::ids::{CourseId, LessonId, SchoolId};
use serde_json::json;

async fn course(store: &Store, school: SchoolId) -> CourseId {
    let id = CourseId::generate();
    store.courses().create(school, id, "Geography", Micros(1)).await.unwrap();
    id
}

async fn lesson(store: &Store, school: SchoolId, course: CourseId, title: &str) -> LessonId {
    let id = LessonId::generate();
    store.lessons().create(school, course, id, title, &json!({}), Micros(2)).await.unwrap();
    id
}

async fn titles(store: &Store, school: SchoolId, course: CourseId, view: LessonView) -> Vec<String> {
    let lessons = store.lessons().of_course(school, course, view).await.unwrap();
    lessons.into_iter().map(|lesson| lesson.title).collect()
}

#[tokio::test]
async fn a_lesson_comes_back_as_it_was_written() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (lessons, course, id) = (store.lessons(), course(&store, school).await, LessonId::generate());
    let content =
        json!({ "blocks": [{ "text": "Flüsse" }, { "weight": 0.1, "big": 9_007_199_254_740_993_i64 }] });
    lessons.create(school, course, id, "Rivers", &content, Micros(3)).await.unwrap();
    let written = Lesson {
        id,
        course,
        position: 0,
        version: 1,
        published: None,
        title: "Rivers".to_owned(),
        content: content.clone(),
        made_at: Micros(3),
    };
    assert_eq!(lessons.get(school, id, LessonView::Newest).await.unwrap(), Some(written));
    assert_eq!(lessons.get(school, id, LessonView::Published).await.unwrap(), None);
    let again = lessons.create(school, course, id, "Lakes", &content, Micros(4)).await;
    assert!(matches!(again, Err(CreateLessonError::Exists)), "{again:?}");
    let lost =
        lessons.create(school, CourseId::generate(), LessonId::generate(), "?", &content, Micros(4)).await;
    assert!(matches!(lost, Err(CreateLessonError::UnknownCourse)), "{lost:?}");
}

#[tokio::test]
async fn students_go_on_to_see_the_published_version() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (lessons, course) = (store.lessons(), course(&store, school).await);
    let id = lesson(&store, school, course, "Rivers").await;
    lesson(&store, school, course, "Draft").await;
    lessons.publish(school, id, Some(1)).await.unwrap();
    assert_eq!(lessons.update(school, id, 1, "Lakes", &json!([2]), Micros(5)).await.unwrap(), 2);
    assert_eq!(titles(&store, school, course, LessonView::Published).await, ["Rivers"]);
    assert_eq!(titles(&store, school, course, LessonView::Newest).await, ["Lakes", "Draft"]);
    let seen = lessons.get(school, id, LessonView::Published).await.unwrap().unwrap();
    assert_eq!((seen.version, seen.published, seen.title.as_str()), (1, Some(1), "Rivers"));
    let newest = lessons.get(school, id, LessonView::Newest).await.unwrap().unwrap();
    assert_eq!((newest.version, newest.published, &newest.content), (2, Some(1), &json!([2])));
    assert_eq!(lessons.get_version(school, id, 2).await.unwrap(), Some(newest));
    assert_eq!(lessons.get_version(school, id, 3).await.unwrap(), None);
    lessons.publish(school, id, None).await.unwrap();
    assert_eq!(titles(&store, school, course, LessonView::Published).await, [""; 0]);
    for version in [0, 3] {
        let publish = lessons.publish(school, id, Some(version)).await;
        assert!(matches!(publish, Err(PublishLessonError::UnknownLessonOrVersion)), "{publish:?}");
    }
}

#[tokio::test]
async fn of_two_updates_of_a_lesson_the_second_is_told_of_the_first() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let course = course(&store, school).await;
    let (lessons, id) = (store.lessons(), lesson(&store, school, course, "Rivers").await);
    let content = json!({});
    let updates = (0..6).map(|_| lessons.update(school, id, 1, "Mine", &content, Micros(5)));
    let done = futures_util::future::join_all(updates).await;
    assert_eq!(done.iter().filter(|done| matches!(done, Ok(2))).count(), 1, "{done:?}");
    let refused = done.iter().filter(|done| matches!(done, Err(UpdateLessonError::Conflict { current: 2 })));
    assert_eq!(refused.count(), 5, "{done:?}");
    let unknown = lessons.update(school, LessonId::generate(), 1, "?", &content, Micros(5)).await;
    assert!(matches!(unknown, Err(UpdateLessonError::UnknownLesson)), "{unknown:?}");
}

#[tokio::test]
async fn an_order_names_each_lesson_once() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (lessons, course) = (store.lessons(), course(&store, school).await);
    let a = lesson(&store, school, course, "A").await;
    let b = lesson(&store, school, course, "B").await;
    let c = lesson(&store, school, course, "C").await;
    lessons.reorder(school, course, &[c, a, b]).await.unwrap();
    assert_eq!(titles(&store, school, course, LessonView::Newest).await, ["C", "A", "B"]);
    for order in [&[c, a][..], &[c, a, b, b], &[c, a, a], &[a, b, LessonId::generate()]] {
        let reorder = lessons.reorder(school, course, order).await;
        assert!(matches!(reorder, Err(ReorderLessonsError::OtherLessons)), "{reorder:?}");
    }
    lesson(&store, school, course, "D").await;
    assert_eq!(titles(&store, school, course, LessonView::Newest).await, ["C", "A", "B", "D"]);
}

#[tokio::test]
async fn lessons_are_of_their_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (store, lessons, school) = (&here.store, here.store.lessons(), there.school);
    let course = course(store, here.school).await;
    let id = lesson(store, here.school, course, "Rivers").await;
    lessons.publish(here.school, id, Some(1)).await.unwrap();
    assert_eq!(lessons.get(school, id, LessonView::Published).await.unwrap(), None);
    assert_eq!(lessons.get_version(school, id, 1).await.unwrap(), None);
    assert_eq!(titles(store, school, course, LessonView::Newest).await, [""; 0]);
    let create = lessons.create(school, course, LessonId::generate(), "?", &json!(1), Micros(5)).await;
    assert!(matches!(create, Err(CreateLessonError::UnknownCourse)), "{create:?}");
    let update = lessons.update(school, id, 1, "Stolen", &json!(1), Micros(5)).await;
    assert!(matches!(update, Err(UpdateLessonError::UnknownLesson)), "{update:?}");
    let publish = lessons.publish(school, id, None).await;
    assert!(matches!(publish, Err(PublishLessonError::UnknownLessonOrVersion)), "{publish:?}");
    let reorder = lessons.reorder(school, course, &[id]).await;
    assert!(matches!(reorder, Err(ReorderLessonsError::UnknownCourse)), "{reorder:?}");
    assert_eq!(titles(store, here.school, course, LessonView::Published).await, ["Rivers"]);
}
