#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn only(text: &str) -> Result<FileRow, BadFileRow> {
    let mut rows = read(text.as_bytes(), ClassId(Uuid::nil()), 10).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0).1
}

fn ada() -> FileRow {
    let (role, status) = (FileRole::Student, FileStatus::Active);
    let (email, name) = ("ada@example.org".to_owned(), "Ada Lovelace".to_owned());
    FileRow { person: None, email, name, role, status, time_factor: None }
}

#[test]
fn a_table_of_an_office_is_read_whatever_separates_it() {
    for text in [
        "givenName,familyName,email\nAda,Lovelace,ada@example.org",
        "\u{feff}email;familyName;givenName\r\n ADA@example.org ;Lovelace;Ada\r\n;;\r\n",
        "Email\tgivenname\tother\tfamilyname\nada@example.org\tAda\t?\tLovelace\n\n",
    ] {
        assert_eq!(only(text), Ok(ada()), "{text}");
    }
}

#[test]
fn each_row_says_what_is_wrong_with_it() {
    let head = "userSourcedId,email,role,status,classSourcedId,timeFactor\n";
    for (row, wrong) in [
        (",,,,,", None),
        (",,student,,,", Some(BadFileRow::NoPerson)),
        ("7,,,,,", Some(BadFileRow::BadId)),
        (",ada,,,,", Some(BadFileRow::BadEmail)),
        (",a b@c,,,,", Some(BadFileRow::BadEmail)),
        (",a@b,proctor,,,", Some(BadFileRow::BadRole)),
        (",a@b,,gone,,", Some(BadFileRow::BadStatus)),
        (",a@b,,,7,", Some(BadFileRow::OtherClass)),
        (",a@b,,,,9", Some(BadFileRow::BadTimeFactor)),
        (",a@b,,,,NaN", Some(BadFileRow::BadTimeFactor)),
    ] {
        let rows = read(format!("{head}{row}").as_bytes(), ClassId(Uuid::nil()), 10).unwrap();
        let Some(wrong) = wrong else {
            assert_eq!(rows, []);
            continue;
        };
        assert_eq!(rows, [(2, Err(wrong))], "{row}");
    }
    let long = format!("{head},{}@b,,,,", "a".repeat(260));
    assert_eq!(only(&long), Err(BadFileRow::TooLong));
    assert_eq!(only(&format!("{head},a@b,,,,\"1,5\"")).unwrap().time_factor, Some(1.5));
}

#[test]
fn rows_are_numbered_as_an_editor_numbers_lines_whatever_ends_them() {
    let text = "email,givenName\na@b,Ada\n\nc@d,\"Cleo\nLee\"\ne@f,Eva\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        let rows = read(text.as_bytes(), ClassId(Uuid::nil()), 10).unwrap();
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 6], "{text:?}");
    }
}

#[test]
fn a_file_that_is_no_roster_is_not_read() {
    let read = |bytes: &[u8]| read(bytes, ClassId(Uuid::nil()), 2).unwrap_err();
    assert_eq!(read(b"\xff\xfe"), BadFile::NotText);
    assert_eq!(read(b""), BadFile::NoHeader);
    assert_eq!(read(b"name,role\nAda,student"), BadFile::NoHeader);
    assert_eq!(read(b"email,Email\n"), BadFile::TwiceNamed);
    assert_eq!(read(b"email\na@b\nc@d\ne@f"), BadFile::TooMany { most: 2 });
}

#[test]
fn no_cell_of_an_export_runs_as_a_formula() {
    let row = FileRow { email: "=cmd@evil".to_owned(), name: "+1 @SUM".to_owned(), ..ada() };
    let text = write(&[row], ClassId(Uuid::nil())).unwrap();
    let line = text.lines().nth(1).unwrap();
    for cell in line.split(',') {
        assert!(!looks_like_formula(cell) || cell.starts_with('\''), "{cell}");
    }
    assert!(line.contains("'=cmd@evil") && line.contains("'+1") && line.contains("'@SUM"), "{line}");
}

fn rows() -> impl Strategy<Value = FileRow> {
    let role = prop_oneof![Just(FileRole::Student), Just(FileRole::Teacher)];
    let status =
        prop_oneof![Just(FileStatus::Active), Just(FileStatus::Completed), Just(FileStatus::ToBeDeleted)];
    let name = "[=+@a-zé'\",;]{1,9}( [=+@a-zé'\",;]{1,9}){0,2}";
    let factor = prop_oneof![Just(None), (1.0..=3.0).prop_map(Some)];
    (any::<u128>(), "[=+a-z]{1,9}@[a-z]{1,9}", name, role, status, factor).prop_map(
        |(id, email, name, role, status, time_factor)| FileRow {
            person: Some(PersonId(Uuid::from_u128(id))),
            email,
            name,
            role,
            status,
            time_factor,
        },
    )
}

proptest! {
    #[test]
    fn an_export_is_read_back_as_it_was(rows in prop::collection::vec(rows(), 0..9), class in any::<u128>()) {
        let class = ClassId(Uuid::from_u128(class));
        let text = write(&rows, class).unwrap();
        let back: Vec<_> = read(text.as_bytes(), class, 10).unwrap().into_iter().map(|(_, row)| row.unwrap()).collect();
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn nothing_that_is_sent_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let head = b"email,role\n".to_vec();
        drop(read(&[head, bytes].concat(), ClassId(Uuid::nil()), 10));
    }
}
