#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use persistence::people::Person;
use persistence::rosters::RosterReport;
use uuid::Uuid;

fn id(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn known() -> Known {
    let person = |n: u128, email: &str| Person {
        school: SchoolId(Uuid::nil()),
        id: id(n),
        role: Role::Student,
        name: "Known".to_owned(),
        email: email.to_owned(),
    };
    Known::of(vec![person(1, "ada@b"), person(2, "ben@b"), person(3, "")])
}

fn plan(rows: &str, held: &[Place]) -> Plan {
    let head = "userSourcedId,email,givenName,role,status,timeFactor\n";
    let rows = roster_file::read(format!("{head}{rows}").as_bytes(), ClassId(Uuid::nil()), 100).unwrap();
    let held = held.iter().map(|place| (place.person, *place)).collect();
    Plan::of(SchoolId(Uuid::nil()), rows, known(), &held)
}

fn refusal(row: &str) -> Option<&'static str> {
    let plan = plan(row, &[]);
    let report = RosterReport { taken: false, rows: vec![RowVerdict::Added; plan.places.len()] };
    match &plan.judged(&report).rows[0].verdict {
        FileVerdict::Refused { code, .. } => Some(code),
        _ => None,
    }
}

#[test]
fn people_are_found_by_id_or_address_and_never_confused() {
    let ids = |n: u128| id(n).to_string();
    for (row, code) in [
        (format!("{},,,,,", ids(1)), None),
        (format!("{},ADA@b,,,,", ids(1)), None),
        // An address that changed: the id tells who it is.
        (format!("{},new@b,,,,", ids(1)), None),
        (",ben@b,,,,".to_owned(), None),
        (format!("{},ben@b,,,,", ids(1)), Some("two_people")),
        (format!("{},ben@b,New,,,", ids(9)), Some("two_people")),
        (format!("{},,New,,,", ids(9)), Some("unknown_person")),
        (",new@b,,,,".to_owned(), Some("unknown_person")),
        (",new@b,New,,tobedeleted,".to_owned(), Some("unknown_person")),
        (",new@b,New,teacher,,".to_owned(), Some("unknown_teacher")),
        (",new@b,New,,,".to_owned(), None),
        (format!("{},new@b,New,,,", ids(9)), None),
    ] {
        assert_eq!(refusal(&row), code, "{row}");
    }
}

#[test]
fn somebody_new_is_made_once_and_has_no_id_before() {
    let twice = || plan(",new@b,New,,,\n,NEW@b,New,,,", &[]);
    let plan = twice();
    assert_eq!(plan.newcomers.len(), 1);
    assert_eq!((plan.newcomers[0].role, plan.newcomers[0].email.as_str()), (Role::Student, "new@b"));
    assert_eq!(plan.places[0].person, plan.places[1].person, "the store refuses the second as repeated");
    let judged = |taken| twice().judged(&RosterReport { taken, rows: vec![RowVerdict::Added; 2] });
    assert!(judged(true).rows.iter().all(|row| row.person.is_some()));
    assert!(judged(false).rows.iter().all(|row| row.person.is_none()));
}

#[test]
fn what_a_row_leaves_open_stays_as_it_is() {
    let held = Place { person: id(1), role: Role::Admin, state: EnrollmentState::Active, time_factor: 1.5 };
    assert_eq!(plan(",ada@b,,teacher,,", &[held]).places, [held]);
    let student = plan(",ada@b,,student,completed,2", &[held]).places[0];
    assert_eq!(
        (student.role, student.state, student.time_factor),
        (Role::Student, EnrollmentState::Completed, 2.0)
    );
    assert_eq!(plan(",ben@b,,,,", &[held]).places[0].time_factor.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn each_row_keeps_its_verdict_beside_refused_ones() {
    let plan = plan("7,,,,,\n,ada@b,,,,\n,who@b,,,,\n,ben@b,,,,", &[]);
    assert!(plan.refuses());
    let report = RosterReport { taken: true, rows: vec![RowVerdict::Added, RowVerdict::Unchanged] };
    let rows = plan.judged(&report).rows;
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!((rows[1].person, &rows[1].verdict), (Some(id(1)), &FileVerdict::Added));
    assert_eq!((rows[3].person, &rows[3].verdict), (Some(id(2)), &FileVerdict::Unchanged));
    let codes = [0, 2].map(|at: usize| match &rows[at].verdict {
        FileVerdict::Refused { code, .. } => *code,
        other => unreachable!("{other:?}"),
    });
    assert_eq!(codes, ["invalid_id", "unknown_person"]);
}
