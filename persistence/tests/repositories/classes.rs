use super::{Fixture, person};
use persistence::classes::{ClassRoster, EnrollError, EnrolledStudent, EnsureClassError};
use protocol::ids::{ClassId, PersonId, SchoolId};
use protocol::role::Role;

#[tokio::test]
async fn a_teacher_sees_own_classes_with_their_students() {
    let fixture = Fixture::new().await;
    let (classes, people) = (fixture.store.classes(), fixture.store.people());
    let (five, six, other) = (ClassId::generate(), ClassId::generate(), ClassId::generate());
    for (class, title) in [(six, "6b"), (five, "5a"), (other, "7c")] {
        classes.ensure(fixture.school, class, title).await.unwrap();
    }
    let students = ["Bob", "Ada"].map(|name| person(fixture.school, Role::Student, name, ""));
    for (student, factor) in students.iter().zip([1.0, 1.5]) {
        people.upsert(student).await.unwrap();
        classes.enroll(fixture.school, five, student.id, Role::Student, factor).await.unwrap();
        classes.enroll(fixture.school, other, student.id, Role::Student, 1.0).await.unwrap();
    }
    for class in [five, six] {
        classes.enroll(fixture.school, class, fixture.teacher, Role::Teacher, 1.0).await.unwrap();
    }
    let [bob, ada] = &students;
    let enrolled = |id, name: &str, time_factor| EnrolledStudent { id, name: name.to_owned(), time_factor };
    let five = ClassRoster {
        id: five,
        title: "5a".to_owned(),
        course: None,
        session: None,
        version: 1,
        students: vec![enrolled(ada.id, "Ada", 1.5), enrolled(bob.id, "Bob", 1.0)],
    };
    let six = ClassRoster { id: six, title: "6b".to_owned(), students: Vec::new(), ..five.clone() };
    assert_eq!(classes.of_teacher(fixture.school, fixture.teacher).await.unwrap(), [five, six]);
    assert_eq!(classes.of_teacher(fixture.school, ada.id).await.unwrap(), []);
}

#[tokio::test]
async fn enrolling_again_changes_the_time_factor() {
    let fixture = Fixture::new().await;
    let (school, classes, class) = (fixture.school, fixture.store.classes(), ClassId::generate());
    classes.ensure(school, class, "5a").await.unwrap();
    assert_eq!(classes.time_factor(school, class, fixture.teacher).await.unwrap(), None);
    for factor in [1.0, 1.25, 3.0] {
        classes.enroll(school, class, fixture.teacher, Role::Student, factor).await.unwrap();
        assert_eq!(classes.time_factor(school, class, fixture.teacher).await.unwrap(), Some(factor));
    }
}

#[tokio::test]
async fn factors_out_of_range_and_unknown_members_are_refused() {
    let fixture = Fixture::new().await;
    let (school, classes, class) = (fixture.school, fixture.store.classes(), ClassId::generate());
    classes.ensure(school, class, "5a").await.unwrap();
    for factor in [0.99, 3.01, f64::NAN, f64::INFINITY, -1.0] {
        let enroll = classes.enroll(school, class, fixture.teacher, Role::Student, factor).await;
        assert!(matches!(enroll, Err(EnrollError::InvalidTimeFactor)), "{factor}: {enroll:?}");
    }
    let cases = [(class, PersonId::generate()), (ClassId::generate(), fixture.teacher)];
    for (class, person) in cases {
        let enroll = classes.enroll(school, class, person, Role::Student, 1.0).await;
        assert!(matches!(enroll, Err(EnrollError::UnknownMember)), "{enroll:?}");
    }
    let ensure = classes.ensure(SchoolId::generate(), ClassId::generate(), "5a").await;
    assert!(matches!(ensure, Err(EnsureClassError::UnknownSchool)), "{ensure:?}");
}

#[tokio::test]
async fn names_are_in_the_order_of_their_bytes_on_every_database() {
    let fixture = Fixture::new().await;
    let (classes, class) = (fixture.store.classes(), ClassId::generate());
    classes.ensure(fixture.school, class, "5a").await.unwrap();
    classes.enroll(fixture.school, class, fixture.teacher, Role::Teacher, 1.0).await.unwrap();
    for name in ["émile", "Zoe", "ada", "Ada", "_", "Émile"] {
        let student = person(fixture.school, Role::Student, name, "");
        fixture.store.people().upsert(&student).await.unwrap();
        classes.enroll(fixture.school, class, student.id, Role::Student, 1.0).await.unwrap();
    }
    let roster = classes.of_teacher(fixture.school, fixture.teacher).await.unwrap().remove(0);
    let names: Vec<&str> = roster.students.iter().map(|student| student.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Zoe", "_", "ada", "Émile", "émile"]);
}
