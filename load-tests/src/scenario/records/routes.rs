//! What the load asks for: each with its share, and left out where the server has no such route yet.

use crate::http::Http;
use rand::{Rng as _, rngs::StdRng};
use serde_json::json;

/// Teachers and students of the school, and what they have: as `fill.sql` makes them. Reports of games are not among it:
/// they come from the logs of rooms, which games that were filled in never had.
const TEACHERS: usize = 50;
const STUDENTS: usize = 2_500;
const CLASSES: usize = 100;
/// Where students begin.
const FIRST_STUDENT: usize = 1_000;

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Library,
    Quiz,
    MakeQuiz,
    Games,
    Classes,
    AuditLog,
    Roster,
    Gradebook,
    EnterScores,
    ClassProgress,
    ClassMastery,
    Grade,
    OwnProgress,
    OwnMastery,
    OwnTranscript,
    OwnBatch,
}

/// All, with shares: mostly reads, as schools do.
pub const ALL: [(Route, u32); 16] = [
    (Route::Library, 15),
    (Route::Quiz, 10),
    (Route::MakeQuiz, 5),
    (Route::Games, 15),
    (Route::Classes, 10),
    (Route::AuditLog, 5),
    (Route::Roster, 10),
    (Route::Gradebook, 10),
    (Route::EnterScores, 5),
    (Route::ClassProgress, 5),
    (Route::ClassMastery, 5),
    (Route::Grade, 10),
    (Route::OwnProgress, 10),
    (Route::OwnMastery, 10),
    (Route::OwnTranscript, 10),
    (Route::OwnBatch, 10),
];

/// A request.
pub struct Request {
    pub path: String,
    /// Posted if there is any.
    pub body: Option<String>,
    /// Whose token: the number of a person, and the role.
    pub who: (usize, &'static str),
}

/// An id of `fill.sql`.
fn id(kind: usize, number: usize) -> String {
    format!("00000000-0000-4000-{}-{number:012x}", 9_000 + kind)
}

fn fresh(random: &mut StdRng) -> String {
    let bits: u128 = random.random();
    let text = format!("{bits:032x}");
    format!("{}-{}-4{}-9{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}

impl Route {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "GET quizzes",
            Self::Quiz => "GET quizzes/{id}",
            Self::MakeQuiz => "POST quizzes",
            Self::Games => "GET games",
            Self::Classes => "GET classes",
            Self::AuditLog => "GET audit-log",
            Self::Roster => "GET classes/{id}/enrollments",
            Self::Gradebook => "GET classes/{id}/gradebook",
            Self::EnterScores => "POST classes/{id}/scores",
            Self::ClassProgress => "GET classes/{id}/progress",
            Self::ClassMastery => "GET classes/{id}/mastery",
            Self::Grade => "GET classes/{id}/grades/{student}",
            Self::OwnProgress => "GET me/progress",
            Self::OwnMastery => "GET me/mastery",
            Self::OwnTranscript => "GET me/transcript",
            Self::OwnBatch => "POST me/progress/batch",
        }
    }

    /// Name for programs.
    pub fn key(self) -> String {
        let name = self.name().to_ascii_lowercase();
        name.replace("/{id}", "_one").replace("/{student}", "").replace(['/', ' ', '-'], "_")
    }

    /// One such request; who has which class is as `fill.sql` says.
    pub fn request(self, random: &mut StdRng, now_ms: u64) -> Request {
        let teacher = random.random_range(0..TEACHERS);
        let class = random.random_range(0..CLASSES);
        let student = random.random_range(0..STUDENTS);
        let of_class = |path: &str| format!("/api/v1/classes/{}/{path}", id(3, class));
        let head = (class % TEACHERS, "teacher");
        let learner = (FIRST_STUDENT + student, "student");
        let (path, body, who) = match self {
            Self::Library => ("/api/v1/quizzes".to_owned(), None, (teacher, "teacher")),
            Self::Quiz => {
                let quiz = id(7, random.random_range(0..500));
                (format!("/api/v1/quizzes/{quiz}"), None, (teacher, "teacher"))
            }
            Self::MakeQuiz => {
                let question = json!({"prompt":"Is it?","time_limit_s":20,"points":1,
                    "kind":"true_false","correct":true});
                let quiz = json!({"title":"Made under load","description":"","questions":[question]});
                ("/api/v1/quizzes".to_owned(), Some(quiz), (teacher, "teacher"))
            }
            Self::Games => ("/api/v1/games".to_owned(), None, (teacher, "teacher")),
            Self::Classes => ("/api/v1/classes".to_owned(), None, (teacher, "teacher")),
            Self::AuditLog => ("/api/v1/audit-log".to_owned(), None, (0, "school_admin")),
            Self::Roster => (of_class("enrollments"), None, head),
            Self::Gradebook => (of_class("gradebook"), None, head),
            Self::EnterScores => {
                let item = id(5, class * 20 + random.random_range(0..20));
                let score = |place: usize, random: &mut StdRng| {
                    json!({"id":fresh(random),"line_item":item,"student":id(0, FIRST_STUDENT + class * 25 + place),
                        "given":f64::from(random.random_range(0..=100_u32))})
                };
                let scores: Vec<_> = (0..25).map(|place| score(place, random)).collect();
                (of_class("scores"), Some(json!({"scores":scores})), head)
            }
            Self::ClassProgress => (of_class("progress"), None, head),
            Self::ClassMastery => (of_class("mastery"), None, head),
            Self::Grade => {
                let student = id(0, FIRST_STUDENT + class * 25 + random.random_range(0..25));
                (of_class(&format!("grades/{student}")), None, head)
            }
            Self::OwnMastery => ("/api/v1/me/mastery".to_owned(), None, learner),
            Self::OwnTranscript => ("/api/v1/me/transcript".to_owned(), None, learner),
            Self::OwnProgress => {
                let course = id(1, student / 25 % 20);
                (format!("/api/v1/me/progress?course={course}"), None, learner)
            }
            Self::OwnBatch => {
                let lesson = id(2, student / 25 % 20 * 20 + random.random_range(0..20));
                let ppm = random.random_range(0..=1_000_000_u32);
                let op = json!({"op":fresh(random),"lesson":lesson,"state":"in_progress","fraction_ppm":ppm,
                    "happened_at":now_ms});
                ("/api/v1/me/progress/batch".to_owned(), Some(json!({"ops":[op]})), learner)
            }
        };
        Request { path, body: body.map(|body| body.to_string()), who }
    }
}

impl Request {
    /// Sends it; the status of the answer.
    pub fn send(&self, http: &mut Http, token: &str) -> anyhow::Result<u16> {
        let bearer = format!("Bearer {token}");
        let header = ("Authorization", bearer.as_str());
        let (status, _) = match &self.body {
            Some(body) => http.try_post(&self.path, header, body.as_bytes())?,
            None => http.try_get(&self.path, header)?,
        };
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn ids_are_uuids_and_keys_are_apart() {
        let mut random = StdRng::seed_from_u64(1);
        for text in [id(0, 1), id(7, 49_999), fresh(&mut random)] {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{text}");
        }
        let keys: std::collections::BTreeSet<String> = ALL.iter().map(|(route, _)| route.key()).collect();
        assert_eq!(keys.len(), ALL.len(), "{keys:?}");
    }
}
