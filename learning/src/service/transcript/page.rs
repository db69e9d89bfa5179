//! A transcript as a page to print: made here, whole without script, everything that people wrote escaped.

use super::{Transcript, TranscriptEntry};
use crate::grades::Grade;
use persistence::Micros;
use persistence::rosters::EnrollmentState;
use std::borrow::Cow;
use std::fmt::Write as _;

impl Transcript {
    /// As HTML, with the address of its style sheet: inline styles are not for this server's pages.
    #[must_use]
    pub fn to_html(&self, stylesheet: &str) -> String {
        let rows: String = self.entries.iter().map(row).collect();
        let (name, made) = (escaped(&self.name), day(self.made_at));
        let school = if self.school.is_empty() { Cow::Borrowed("Transcript") } else { escaped(&self.school) };
        let table = if rows.is_empty() {
            "<p class=\"none\">No classes yet.</p>".to_owned()
        } else {
            format!(
                "<table>\n<thead><tr><th scope=\"col\">Course</th><th scope=\"col\">Class</th>\
                <th scope=\"col\">Session</th><th scope=\"col\">State</th>\
                <th scope=\"col\" class=\"number\">Current</th>\
                <th scope=\"col\" class=\"number\">Final</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
            )
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
            <meta name=\"viewport\" content=\"width=device-width\">\n<title>Transcript of {name}</title>\n\
            <link rel=\"stylesheet\" href=\"{}\">\n</head>\n<body>\n<main>\n<header>\n<p class=\"school\">{school}</p>\n\
            <h1>Transcript</h1>\n<dl>\n<div><dt>Student</dt><dd>{name}</dd></div>\n\
            <div><dt>Number</dt><dd>{}</dd></div>\n<div><dt>As of</dt><dd><time datetime=\"{made}\">{made}</time></dd></div>\n\
            </dl>\n</header>\n{table}\n<footer>\n\
            <p>Current: ungraded work is left out. Final: ungraded work counts as 0. Percent, rounded to two decimals.</p>\n\
            </footer>\n</main>\n</body>\n</html>\n",
            escaped(stylesheet),
            self.student
        )
    }
}

fn row(entry: &TranscriptEntry) -> String {
    let class = &entry.class;
    let course = class.course.as_ref().map(|course| escaped(&course.title)).unwrap_or_default();
    let session = class.session.as_ref().map(|session| {
        let (title, starts, ends) = (escaped(&session.title), day(session.starts_at), day(session.ends_at));
        format!("{title}<br><small>{starts} – {ends}</small>")
    });
    let mut row = String::new();
    // A string takes all that is written to it.
    let _ = writeln!(
        row,
        "<tr><td>{course}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
        escaped(&class.title),
        session.unwrap_or_default(),
        state(class.state),
        grade(&entry.current_grade),
        grade(&entry.final_grade)
    );
    row
}

fn grade(grade: &Grade) -> String {
    let Some(number) = grade.percent else { return "–".to_owned() };
    let letter = grade.letter.as_deref().map(|letter| format!(" <b>{}</b>", escaped(letter)));
    format!("{} %{}", percent(number), letter.unwrap_or_default())
}

pub(super) fn percent(number: f64) -> String {
    format!("{number:.2}")
}

pub(super) fn state(state: EnrollmentState) -> &'static str {
    match state {
        EnrollmentState::Active => "active",
        EnrollmentState::Completed => "completed",
        EnrollmentState::Withdrawn => "withdrawn",
    }
}

/// The day of a moment, UTC, as `2026-09-01`. Days to dates as in Howard Hinnant's `civil_from_days`: years begin in March,
/// so that the leap day is the last of its year.
pub(super) fn day(at: Micros) -> String {
    const DAY: i64 = 86_400_000_000;
    const ERA: i64 = 146_097;
    let days = at.0.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use persistence::gradebook::{ClassOfStudent, CourseTitle, SessionTitle};
    use protocol::ids::{ClassId, CourseId, PersonId, SessionId};
    use std::sync::Arc;

    const DAY: i64 = 86_400_000_000;

    pub fn transcript(name: &str, course: &str) -> Transcript {
        let session = SessionTitle {
            id: SessionId::generate(),
            title: "Autumn".to_owned(),
            starts_at: Micros(20_697 * DAY),
            ends_at: Micros(20_849 * DAY),
        };
        let class = ClassOfStudent {
            class: ClassId::generate(),
            title: "5a".to_owned(),
            state: EnrollmentState::Active,
            course: Some(CourseTitle { id: CourseId::generate(), title: course.to_owned() }),
            session: Some(session),
        };
        let grade = |percent, letter: &str| Grade { percent: Some(percent), letter: Some(Arc::from(letter)) };
        let entry = TranscriptEntry {
            class,
            policy_version: 1,
            current_grade: grade(83.33, "B"),
            final_grade: grade(41.67, "-"),
        };
        Transcript {
            student: PersonId::generate(),
            name: name.to_owned(),
            school: "Hillside".to_owned(),
            made_at: Micros(20_700 * DAY),
            entries: vec![entry],
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_697, "2026-09-01"),
            (20_849, "2027-01-31"),
        ];
        for (days, wanted) in cases {
            assert_eq!(day(Micros(days * DAY)), wanted);
            assert_eq!(day(Micros(days * DAY + DAY - 1)), wanted);
        }
    }

    #[test]
    fn a_page_says_it_all_and_runs_nothing_of_what_people_wrote() {
        let evil = "<script>alert(1)</script>\" onload='x' &";
        let page = transcript(evil, evil).to_html("/style.css");
        assert!(
            !page.contains("<script") && !page.contains("style=") && !page.contains("onload='"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp;"));
        for said in
            ["83.33 % <b>B</b>", "41.67 % <b>-</b>", "2026-09-01 – 2027-01-31", "Hillside", "/style.css"]
        {
            assert!(page.contains(said), "{said}");
        }
    }
}
