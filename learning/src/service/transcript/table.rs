//! A transcript as a table, for offices.

use super::Transcript;
use crate::grades::Grade;
use crate::service::transcript::page::{day, percent, state};

const HEADER: [&str; 11] = [
    "student",
    "course",
    "class",
    "session",
    "starts",
    "ends",
    "state",
    "current_percent",
    "current_letter",
    "final_percent",
    "final_letter",
];

impl Transcript {
    /// As CSV. Texts that a spreadsheet would take for a formula are quoted by an apostrophe.
    ///
    /// # Errors
    /// [`csv::Error`], which writing into memory does not make.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(HEADER)?;
        for entry in &self.entries {
            let class = &entry.class;
            let session = class.session.as_ref();
            let letter = |grade: &Grade| grade.letter.as_deref().map(plain).unwrap_or_default();
            let number = |grade: &Grade| grade.percent.map(percent).unwrap_or_default();
            table.write_record([
                plain(&self.name),
                class.course.as_ref().map(|course| plain(&course.title)).unwrap_or_default(),
                plain(&class.title),
                session.map(|session| plain(&session.title)).unwrap_or_default(),
                session.map(|session| day(session.starts_at)).unwrap_or_default(),
                session.map(|session| day(session.ends_at)).unwrap_or_default(),
                state(class.state).to_owned(),
                number(&entry.current_grade),
                letter(&entry.current_grade),
                number(&entry.final_grade),
                letter(&entry.final_grade),
            ])?;
        }
        let bytes = table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A text that stays one in a spreadsheet.
fn plain(text: &str) -> String {
    let text = text.replace('\0', "");
    if text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::page::tests::transcript;
    use super::*;

    #[test]
    fn a_text_stays_a_text_in_a_spreadsheet() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"] {
            assert!(plain(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(plain("Ada = 1"), "Ada = 1");
    }

    #[test]
    fn a_table_has_a_row_for_each_class() {
        let csv = transcript("=cmd()", "Rivers, \"Lakes\"").to_csv().unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], HEADER.join(","));
        let wanted =
            "'=cmd(),\"Rivers, \"\"Lakes\"\"\",5a,Autumn,2026-09-01,2027-01-31,active,83.33,B,41.67,'-";
        assert_eq!(lines[1..], [wanted]);
    }
}
