//! Rosters as files: the table `enrollments.csv` of the OneRoster standard, with what a school's office needs beside it.
//!
//! | column | content |
//! |---|---|
//! | `userSourcedId`, `email` | who: an id of the school's, or an address; one of them is needed |
//! | `role` | `student` or `teacher`; empty: `student` |
//! | `status` | `active`, `tobedeleted` (leaves the class), or `completed`; empty: `active` |
//! | `classSourcedId` | the class, if the table tells; another class's rows are refused |
//! | `givenName`, `familyName` | of people who are new to the school |
//! | `timeFactor` | of the time to answer, 1.0 to 3.0; empty: as it is |
//!
//! Columns may come in any order; others are left alone, and semicolons or tabs may separate them.

use csv::{Position, ReaderBuilder, StringRecord, Writer};
use protocol::ids::{ClassId, PersonId};
use std::collections::HashMap;
use uuid::Uuid;

/// Columns of a file that is written, in the standard's order and then ours.
const COLUMNS: [&str; 14] = [
    "sourcedId",
    "status",
    "dateLastModified",
    "classSourcedId",
    "schoolSourcedId",
    "userSourcedId",
    "role",
    "primary",
    "beginDate",
    "endDate",
    "givenName",
    "familyName",
    "email",
    "timeFactor",
];

/// Longest name and address, characters.
const LONGEST: usize = 254;

/// As what somebody is in the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// Learns.
    Student,
    /// Teaches.
    Teacher,
}

/// Whether somebody is in the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// In it.
    Active,
    /// Went through to the end.
    Completed,
    /// Leaves, or has left.
    ToBeDeleted,
}

/// Somebody's place, as a row has it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// Who, by id.
    pub person: Option<PersonId>,
    /// Who, by address; empty if the row has none. Trimmed and in lower case.
    pub email: String,
    /// Name, of both its parts; empty if the row has none.
    pub name: String,
    /// As what.
    pub role: FileRole,
    /// Whether.
    pub status: FileStatus,
    /// Of the time to answer; none to leave it.
    pub time_factor: Option<f64>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFileRow {
    /// Neither id nor address.
    #[error("name the person by userSourcedId or email")]
    NoPerson,
    /// No id.
    #[error(
        "userSourcedId is the id of a person of the school, or empty; use the one of an export, or email"
    )]
    BadId,
    /// No address.
    #[error("email is no address; mend it")]
    BadEmail,
    /// A role that no class has.
    #[error("role is student or teacher; choose one")]
    BadRole,
    /// A status that no enrollment has.
    #[error("status is active, completed or tobedeleted; choose one")]
    BadStatus,
    /// Out of range, or no number.
    #[error("timeFactor is a number from 1.0 to 3.0, or empty")]
    BadTimeFactor,
    /// Of another class.
    #[error("the row is of another class; send it there, or leave classSourcedId empty")]
    OtherClass,
    /// Too long.
    #[error("names and addresses have at most 254 characters; shorten them")]
    TooLong,
}

impl BadFileRow {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPerson => "no_person",
            Self::BadId => "invalid_id",
            Self::BadEmail => "invalid_email",
            Self::BadRole => "invalid_role",
            Self::BadStatus => "invalid_status",
            Self::BadTimeFactor => "invalid_time_factor",
            Self::OtherClass => "other_class",
            Self::TooLong => "too_long",
        }
    }
}

/// Why a file is not read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// Not UTF-8.
    #[error("the file is not UTF-8; save it as CSV UTF-8")]
    NotText,
    /// No header that names people.
    #[error("name a column userSourcedId or email in the first row")]
    NoHeader,
    /// A column twice.
    #[error("the first row names a column twice; leave one of them out")]
    TwiceNamed,
    /// More rows than a change takes.
    #[error("a file has at most {most} rows; send the others in another one")]
    TooMany {
        /// How many those are.
        most: usize,
    },
    /// The table cannot be read.
    #[error("the table cannot be read; save it as CSV again")]
    Unreadable,
}

impl BadFile {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotText => "not_text",
            Self::NoHeader => "no_header",
            Self::TwiceNamed => "column_twice",
            Self::TooMany { .. } => "too_many",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A row with its line in the file, counted from 1 with the header.
pub type NumberedRow = (u64, Result<FileRow, BadFileRow>);

/// The rows of a file for a class, at most `most`; empty lines are none.
///
/// # Errors
/// [`BadFile`]
pub fn read(bytes: &[u8], class: ClassId, most: usize) -> Result<Vec<NumberedRow>, BadFile> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadFile::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
    let mut columns = HashMap::new();
    for (place, name) in reader.headers().map_err(|_| BadFile::Unreadable)?.iter().enumerate() {
        let name = name.trim().to_lowercase();
        if !name.is_empty() && columns.insert(name, place).is_some() {
            return Err(BadFile::TwiceNamed);
        }
    }
    if !columns.contains_key("usersourcedid") && !columns.contains_key("email") {
        return Err(BadFile::NoHeader);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| BadFile::Unreadable)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == most {
            return Err(BadFile::TooMany { most });
        }
        let line = record.position().map_or(0, |position| line_of(text, position));
        rows.push((line, row(&columns, &record, class)));
    }
    Ok(rows)
}

/// The line in which a row begins. The reader's own count misses empty lines before it, and the second half of the line end
/// that Windows writes.
fn line_of(text: &str, position: &Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + before.filter(|byte| **byte == b'\n').count() as u64
}

fn row(
    columns: &HashMap<String, usize>,
    record: &StringRecord,
    class: ClassId,
) -> Result<FileRow, BadFileRow> {
    let cell = |name: &str| {
        let cell = columns.get(name).and_then(|place| record.get(*place)).unwrap_or_default();
        plain_cell(cell.trim())
    };
    let of_class = cell("classsourcedid");
    if !of_class.is_empty() && of_class.parse() != Ok(class) {
        return Err(BadFileRow::OtherClass);
    }
    let id = cell("usersourcedid");
    let person = match id {
        "" => None,
        id => Some(id.parse().map_err(|_| BadFileRow::BadId)?),
    };
    let email = cell("email").to_lowercase();
    if !email.is_empty() && !looks_like_address(&email) {
        return Err(BadFileRow::BadEmail);
    }
    if person.is_none() && email.is_empty() {
        return Err(BadFileRow::NoPerson);
    }
    let name = [cell("givenname"), cell("familyname")].join(" ").trim().to_owned();
    if name.chars().count() > LONGEST || email.chars().count() > LONGEST {
        return Err(BadFileRow::TooLong);
    }
    let role = match cell("role").to_lowercase().as_str() {
        "" | "student" => FileRole::Student,
        "teacher" => FileRole::Teacher,
        _ => return Err(BadFileRow::BadRole),
    };
    let status = match cell("status").to_lowercase().as_str() {
        "" | "active" => FileStatus::Active,
        "completed" => FileStatus::Completed,
        "tobedeleted" => FileStatus::ToBeDeleted,
        _ => return Err(BadFileRow::BadStatus),
    };
    let time_factor = match cell("timefactor") {
        "" => None,
        // Spreadsheets of half the world write a comma.
        text => match text.replace(',', ".").parse::<f64>() {
            Ok(factor) if (1.0..=3.0).contains(&factor) => Some(factor),
            _ => return Err(BadFileRow::BadTimeFactor),
        },
    };
    Ok(FileRow { person, email, name, role, status, time_factor })
}

/// Whether mail could be sent there; whether it arrives, nobody knows.
fn looks_like_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = !text.contains(|sign: char| sign.is_whitespace() || sign.is_control());
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// The separator that the header uses most.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |sign: &u8| header.bytes().filter(|byte| byte == sign).count();
    // The last of equals wins in max_by_key: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The file of a class's rows, which [`read`] takes back.
///
/// # Errors
/// The writer's; there is none in memory.
pub fn write(rows: &[FileRow], class: ClassId) -> Result<String, csv::Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    let class_id = class.to_string();
    for row in rows {
        let id = row.person.map(|person| person.to_string()).unwrap_or_default();
        let sourced = row.person.map(|person| Uuid::new_v5(&class.0, person.0.as_bytes()).to_string());
        let (given, family) = row.name.rsplit_once(' ').unwrap_or((&row.name, ""));
        let (given, family, email) = (safe_cell(given), safe_cell(family), safe_cell(&row.email));
        let factor = row.time_factor.map(|factor| factor.to_string()).unwrap_or_default();
        let status = match row.status {
            FileStatus::Active => "active",
            FileStatus::Completed => "completed",
            FileStatus::ToBeDeleted => "tobedeleted",
        };
        let role = match row.role {
            FileRole::Student => "student",
            FileRole::Teacher => "teacher",
        };
        let sourced = sourced.unwrap_or_default();
        writer.write_record([
            &sourced, status, "", &class_id, "", &id, role, "", "", "", &given, &family, &email, &factor,
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    // Only texts were written.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet runs as a formula: an apostrophe comes before texts that begin like one.
fn safe_cell(cell: &str) -> String {
    if looks_like_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// The text behind [`safe_cell`].
fn plain_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if looks_like_formula(text) => text,
        _ => cell,
    }
}

/// Apostrophes are looked through, so that texts that begin with one come back as they were.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests;
