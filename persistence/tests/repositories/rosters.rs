use super::{Fixture, person};
use persistence::Micros;
use persistence::classes::{ClassContent, CreateClassError};
use persistence::rosters::{
    BadRow, EnrollManyError, EnrollmentState, MAX_ROWS, OnBadRow, Place, RosterFilter, RosterReport,
    RowVerdict,
};
use protocol::ids::{ClassId, PersonId};
use protocol::role::Role;

fn student(person: PersonId) -> Place {
    Place { person, role: Role::Student, state: EnrollmentState::Active, time_factor: 1.0 }
}

/// A class, and people of the school who are not in it.
async fn class(fixture: &Fixture, people: usize) -> (ClassId, Vec<Place>) {
    let class = ClassId::generate();
    fixture.store.classes().ensure(fixture.school, class, "5a").await.unwrap();
    let mut places = Vec::new();
    for number in 0..people {
        let person = person(fixture.school, Role::Student, &format!("Student {number}"), "");
        fixture.store.people().upsert(&person).await.unwrap();
        places.push(student(person.id));
    }
    (class, places)
}

#[tokio::test]
async fn many_are_enrolled_at_once_and_again_changes_nothing() {
    let fixture = Fixture::new().await;
    let (school, rosters) = (fixture.school, fixture.store.rosters());
    let (class, mut places) = class(&fixture, 90).await;
    let enroll = async |places: &[Place], at| {
        rosters.enroll_many(school, class, places, OnBadRow::TakeNone, Micros(at)).await.unwrap()
    };
    let report = enroll(&places, 5).await;
    assert_eq!(report, RosterReport { taken: true, rows: vec![RowVerdict::Added; 90] });
    assert_eq!(enroll(&places, 6).await.rows, vec![RowVerdict::Unchanged; 90]);
    places[7] = Place { state: EnrollmentState::Withdrawn, time_factor: 1.25, ..places[7] };
    let report = enroll(&places, 7).await;
    assert_eq!(report.rows.iter().filter(|row| **row == RowVerdict::Changed).count(), 1);
    let kept = rosters.get(school, class, places[7].person).await.unwrap().unwrap();
    assert_eq!((kept.place, kept.name.as_str(), kept.enrolled_at), (places[7], "Student 7", Micros(5)));
    // Who left is not in the class any more.
    let classes = fixture.store.classes();
    assert_eq!(classes.time_factor(school, class, places[7].person).await.unwrap(), None);
    assert_eq!(classes.time_factor(school, class, places[8].person).await.unwrap(), Some(1.0));
    classes.enroll(school, class, fixture.teacher, Role::Teacher, 1.0).await.unwrap();
    let roster = classes.of_teacher(school, fixture.teacher).await.unwrap().remove(0);
    assert_eq!(roster.students.len(), 89);
    classes.enroll(school, class, places[7].person, Role::Student, 1.0).await.unwrap();
    let back = rosters.get(school, class, places[7].person).await.unwrap().unwrap();
    assert_eq!(back.place.state, EnrollmentState::Active);
}

#[tokio::test]
async fn a_bad_row_says_what_is_wrong_and_takes_the_others_with_it_or_not() {
    let fixture = Fixture::new().await;
    let (school, rosters) = (fixture.school, fixture.store.rosters());
    let (class, places) = class(&fixture, 3).await;
    let slow = |factor| Place { time_factor: factor, ..places[1] };
    let rows = [places[0], student(PersonId::generate()), slow(3.5), slow(f64::NAN), places[0], places[2]];
    let wanted = [
        RowVerdict::Added,
        RowVerdict::Refused(BadRow::UnknownPerson),
        RowVerdict::Refused(BadRow::InvalidTimeFactor),
        RowVerdict::Refused(BadRow::InvalidTimeFactor),
        RowVerdict::Refused(BadRow::Repeated),
        RowVerdict::Added,
    ];
    let listed = async || {
        let page = rosters.list(school, class, RosterFilter::default(), None, 10).await.unwrap();
        page.items.len()
    };
    let report = rosters.enroll_many(school, class, &rows, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    assert_eq!(report, RosterReport { taken: false, rows: wanted.to_vec() });
    assert_eq!(listed().await, 0);
    let report = rosters.enroll_many(school, class, &rows, OnBadRow::TakeOthers, Micros(5)).await.unwrap();
    assert_eq!(report, RosterReport { taken: true, rows: wanted.to_vec() });
    assert_eq!(listed().await, 2);
}

#[tokio::test]
async fn who_is_withdrawn_keeps_the_rest_of_the_place() {
    let fixture = Fixture::new().await;
    let (school, rosters) = (fixture.school, fixture.store.rosters());
    let (class, mut places) = class(&fixture, 2).await;
    places[0].time_factor = 1.75;
    rosters.enroll_many(school, class, &places, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    let who = places[0].person;
    let wanted = Place { state: EnrollmentState::Withdrawn, ..places[0] };
    for at in [6, 7] {
        assert_eq!(rosters.withdraw(school, class, who, Micros(at)).await.unwrap(), Some(wanted));
        assert_eq!(rosters.get(school, class, who).await.unwrap().unwrap().place, wanted);
    }
    assert_eq!(rosters.get(school, class, places[1].person).await.unwrap().unwrap().place, places[1]);
    for (class, who) in [(class, PersonId::generate()), (ClassId::generate(), who)] {
        assert_eq!(rosters.withdraw(school, class, who, Micros(8)).await.unwrap(), None);
    }
    let elsewhere = protocol::ids::SchoolId::generate();
    assert_eq!(rosters.withdraw(elsewhere, class, places[1].person, Micros(8)).await.unwrap(), None);
}

#[tokio::test]
async fn a_class_is_made_with_its_teacher_or_not_at_all() {
    let fixture = Fixture::new().await;
    let (school, classes) = (fixture.school, fixture.store.classes());
    let content = ClassContent { title: "6b".to_owned(), ..ClassContent::default() };
    let class = ClassId::generate();
    let nobody = classes.create_taught(school, class, &content, PersonId::generate(), Micros(5)).await;
    assert!(matches!(nobody, Err(CreateClassError::UnknownTeacher)), "{nobody:?}");
    assert_eq!(classes.get(school, class).await.unwrap(), None);
    classes.create_taught(school, class, &content, fixture.teacher, Micros(5)).await.unwrap();
    let taught = classes.of_teacher(school, fixture.teacher).await.unwrap();
    assert_eq!(taught.iter().map(|class| class.id).collect::<Vec<_>>(), [class]);
    let again = classes.create_taught(school, class, &content, fixture.teacher, Micros(6)).await;
    assert!(matches!(again, Err(CreateClassError::Exists)), "{again:?}");
}

#[tokio::test]
async fn a_change_needs_a_class_and_has_an_end() {
    let fixture = Fixture::new().await;
    let (school, rosters) = (fixture.school, fixture.store.rosters());
    let (class, places) = class(&fixture, 1).await;
    let enroll = async |class, places: &[Place]| {
        rosters.enroll_many(school, class, places, OnBadRow::TakeOthers, Micros(5)).await
    };
    let unknown = enroll(ClassId::generate(), &places).await;
    assert!(matches!(unknown, Err(EnrollManyError::UnknownClass)), "{unknown:?}");
    let long = enroll(class, &vec![places[0]; MAX_ROWS + 1]).await;
    assert!(matches!(long, Err(EnrollManyError::TooMany { most: MAX_ROWS })), "{long:?}");
    assert_eq!(enroll(class, &[]).await.unwrap(), RosterReport { taken: true, rows: Vec::new() });
}

#[tokio::test]
async fn a_roster_comes_in_pages_by_role_and_state() {
    let fixture = Fixture::new().await;
    let (school, rosters) = (fixture.school, fixture.store.rosters());
    let (class, mut places) = class(&fixture, 7).await;
    places[3].state = EnrollmentState::Completed;
    let teacher = Place { role: Role::Teacher, ..student(fixture.teacher) };
    for (at, places) in [(5, &places[..4]), (6, &places[4..]), (7, &[teacher])] {
        rosters.enroll_many(school, class, places, OnBadRow::TakeNone, Micros(at)).await.unwrap();
    }
    let filter = RosterFilter { role: Some(Role::Student), state: Some(EnrollmentState::Active) };
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = rosters.list(school, class, filter, after, 4).await.unwrap();
        seen.extend(page.items.iter().map(|row| (row.enrolled_at, row.place.person)));
        pages += 1;
        after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (6, 2));
    assert!(seen.is_sorted_by(|before, behind| before > behind));
    let all = rosters.list(school, class, RosterFilter::default(), None, 10).await.unwrap();
    assert_eq!((all.items.len(), all.items[0].place), (8, teacher));
}

#[tokio::test]
async fn rosters_are_of_their_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (school, rosters) = (there.school, here.store.rosters());
    let (class, places) = class(&here, 1).await;
    rosters.enroll_many(here.school, class, &places, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    let enroll = rosters.enroll_many(school, class, &places, OnBadRow::TakeOthers, Micros(6)).await;
    assert!(matches!(enroll, Err(EnrollManyError::UnknownClass)), "{enroll:?}");
    let foreign = [student(there.teacher)];
    let report = rosters.enroll_many(here.school, class, &foreign, OnBadRow::TakeOthers, Micros(6)).await;
    assert_eq!(report.unwrap().rows, [RowVerdict::Refused(BadRow::UnknownPerson)]);
    assert_eq!(rosters.get(school, class, places[0].person).await.unwrap(), None);
    assert_eq!(rosters.list(school, class, RosterFilter::default(), None, 9).await.unwrap().items, []);
}

#[tokio::test]
async fn newcomers_are_kept_with_their_places_or_not_at_all() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let class = ClassId::generate();
    store.classes().ensure(school, class, "5a").await.unwrap();
    let new = |name: &str, email: &str| person(school, Role::Student, name, email);
    let (ada, twin) = (new("Ada", "ada@example.org"), new("Twin", "TESS@example.org"));
    let newcomers = [ada.clone(), twin.clone()];
    let places = [ada.id, twin.id, teacher].map(student);
    let unknown = RowVerdict::Refused(BadRow::UnknownPerson);
    let rosters = store.rosters();
    for (mode, taken) in
        [(OnBadRow::OnlyCheck, false), (OnBadRow::TakeNone, false), (OnBadRow::TakeOthers, true)]
    {
        let report = rosters.enroll_newcomers(school, class, &newcomers, &places, mode, Micros(5)).await;
        let report = report.unwrap();
        // The address of the second is the teacher's.
        assert_eq!(report.rows, [RowVerdict::Added, unknown, RowVerdict::Added], "{mode:?}");
        assert_eq!(report.taken, taken, "{mode:?}");
        assert_eq!(store.people().get(school, ada.id).await.unwrap().is_some(), taken, "{mode:?}");
        assert_eq!(rosters.get(school, class, teacher).await.unwrap().is_some(), taken, "{mode:?}");
    }
    let found = store.people().find(school, &[teacher], &["ADA@example.org", ""]).await.unwrap();
    assert_eq!(found.len(), 2);
    let own = rosters.of_person(school, ada.id).await.unwrap();
    assert_eq!((own.len(), own[0].class, own[0].title.as_str()), (1, class, "5a"));
}
