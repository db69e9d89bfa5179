//! Courses, and the classes that take them.

use super::Fixture;
use persistence::Micros;
use persistence::classes::{Class, ClassContent, CreateClassError, UpdateClassError};
use persistence::courses::{Course, CreateCourseError, UpdateCourseError};
use protocol::ids::{ClassId, CourseId, SchoolId, SessionId};

#[tokio::test]
async fn a_course_comes_back_as_it_was_written_and_changed() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (courses, id) = (store.courses(), CourseId::generate());
    courses.create(school, id, "Geography", Micros(5)).await.unwrap();
    let written = Course {
        id,
        title: "Geography".to_owned(),
        archived: false,
        version: 1,
        created_at: Micros(5),
        updated_at: Micros(5),
    };
    assert_eq!(courses.get(school, id).await.unwrap(), Some(written.clone()));
    assert_eq!(courses.update(school, id, 1, "Geography 5", true, Micros(6)).await.unwrap(), 2);
    let changed = Course {
        title: "Geography 5".to_owned(),
        archived: true,
        version: 2,
        updated_at: Micros(6),
        ..written
    };
    assert_eq!(courses.get(school, id).await.unwrap(), Some(changed));
    let late = courses.update(school, id, 1, "Mine", false, Micros(7)).await;
    assert!(matches!(late, Err(UpdateCourseError::Conflict { current: 2 })), "{late:?}");
    let again = courses.create(school, id, "Twice", Micros(8)).await;
    assert!(matches!(again, Err(CreateCourseError::Exists)), "{again:?}");
    let unknown = courses.update(school, CourseId::generate(), 1, "None", false, Micros(7)).await;
    assert!(matches!(unknown, Err(UpdateCourseError::UnknownCourse)), "{unknown:?}");
    let nowhere = courses.create(SchoolId::generate(), id, "Geography", Micros(5)).await;
    assert!(matches!(nowhere, Err(CreateCourseError::UnknownSchool)), "{nowhere:?}");
}

#[tokio::test]
async fn of_changes_of_a_course_at_once_one_wins() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (courses, id) = (store.courses(), CourseId::generate());
    courses.create(school, id, "Geography", Micros(5)).await.unwrap();
    let changes = (0..8).map(|_| courses.update(school, id, 1, "Mine", false, Micros(6)));
    let done = futures_util::future::join_all(changes).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    let told = |done: &Result<u32, UpdateCourseError>| {
        matches!(done, Ok(2) | Err(UpdateCourseError::Conflict { current: 2 }))
    };
    assert!(done.iter().all(told), "{done:?}");
}

#[tokio::test]
async fn courses_come_in_pages_apart_from_those_put_away() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let courses = store.courses();
    for number in 0..9 {
        let id = CourseId::generate();
        courses.create(school, id, "Geography", Micros(number / 4)).await.unwrap();
        if number == 4 {
            courses.update(school, id, 1, "Old", true, Micros(90)).await.unwrap();
        }
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = courses.list(school, false, None, after, 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|course| (course.created_at, course.id)));
        pages += 1;
        after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (8, 3));
    assert!(seen.is_sorted_by(|before, behind| before > behind));
    let archived = courses.list(school, true, None, None, 3).await.unwrap();
    assert_eq!((archived.items.len(), archived.next), (1, None));
}

#[tokio::test]
async fn a_class_takes_a_course_in_a_session() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (classes, id, course) = (store.classes(), ClassId::generate(), CourseId::generate());
    store.courses().create(school, course, "Geography", Micros(5)).await.unwrap();
    let plain = ClassContent { title: "5a".to_owned(), ..ClassContent::default() };
    classes.create(school, id, &plain, Micros(6)).await.unwrap();
    let written = Class { id, version: 1, created_at: Micros(6), content: plain.clone() };
    assert_eq!(classes.get(school, id).await.unwrap(), Some(written));
    let placed = ClassContent { course: Some(course), ..plain.clone() };
    assert_eq!(classes.update(school, id, 1, &placed).await.unwrap(), 2);
    assert_eq!(classes.get(school, id).await.unwrap().unwrap().content, placed);
    let late = classes.update(school, id, 1, &plain).await;
    assert!(matches!(late, Err(UpdateClassError::Conflict { current: 2 })), "{late:?}");
    let again = classes.create(school, id, &plain, Micros(7)).await;
    assert!(matches!(again, Err(CreateClassError::Exists)), "{again:?}");
    let other = ClassId::generate();
    classes.ensure(school, other, "6b").await.unwrap();
    let listed = async |course| {
        let page = classes.list(school, course, None, 10).await.unwrap();
        page.items.iter().map(|class| class.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None).await, [id, other]);
    assert_eq!(listed(Some(course)).await, [id]);
    let page = classes.list(school, None, None, 1).await.unwrap();
    let rest = classes.list(school, None, page.next, 1).await.unwrap();
    assert_eq!((rest.items[0].id, rest.next), (other, None));
}

#[tokio::test]
async fn a_class_takes_what_its_school_has() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (school, classes, id) = (here.school, here.store.classes(), ClassId::generate());
    let foreign = CourseId::generate();
    here.store.courses().create(there.school, foreign, "Theirs", Micros(5)).await.unwrap();
    let plain = ClassContent { title: "5a".to_owned(), ..ClassContent::default() };
    classes.create(school, id, &plain, Micros(6)).await.unwrap();
    let courses = [foreign, CourseId::generate()].map(|course| (Some(course), None));
    for (course, session) in courses.into_iter().chain([(None, Some(SessionId::generate()))]) {
        let content = ClassContent { course, session, ..plain.clone() };
        let create = classes.create(school, ClassId::generate(), &content, Micros(7)).await;
        assert!(matches!(create, Err(CreateClassError::UnknownCourseOrSession)), "{create:?}");
        let update = classes.update(school, id, 1, &content).await;
        assert!(matches!(update, Err(UpdateClassError::UnknownCourseOrSession)), "{update:?}");
    }
    assert_eq!(classes.get(there.school, id).await.unwrap(), None);
    assert_eq!(classes.list(there.school, None, None, 10).await.unwrap().items, []);
    let update = classes.update(there.school, id, 1, &plain).await;
    assert!(matches!(update, Err(UpdateClassError::UnknownClass)), "{update:?}");
    let courses = here.store.courses();
    assert_eq!(courses.get(school, foreign).await.unwrap(), None);
    assert_eq!(courses.list(school, false, None, None, 10).await.unwrap().items, []);
    let update = courses.update(school, foreign, 1, "Stolen", true, Micros(9)).await;
    assert!(matches!(update, Err(UpdateCourseError::UnknownCourse)), "{update:?}");
}
