//! A small class to grade. Things are numbered; a number becomes an id.

use crate::grades::*;
use protocol::ids::PersonId;
use std::{fmt::Debug, str::FromStr};

/// Later than every score of the tests.
pub(super) const LATER: i64 = 1_000_000;

pub(super) struct Class {
    pub setup: Setup,
    pub students: Vec<PersonId>,
    pub scores: Vec<ScoreEntry>,
}

/// The id with a number.
pub(super) fn id<T: FromStr<Err: Debug>>(number: usize) -> T {
    format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
}

impl Class {
    fn new(rules: Rules) -> Self {
        let policy = Policy { version: 3, rules, ..Policy::default() };
        Self { setup: Setup { policy, ..Setup::default() }, students: vec![id(1)], scores: Vec::new() }
    }

    pub fn by_points() -> Self {
        Self::new(Rules::Canvas { scheme: WeightScheme::Points })
    }

    pub fn by_percent() -> Self {
        Self::new(Rules::Canvas { scheme: WeightScheme::Percent })
    }

    /// With the category 1 at the top.
    pub fn moodle(aggregation: Aggregation) -> Self {
        Self::new(Rules::Moodle).category(1, |category| category.aggregation = aggregation)
    }

    pub fn category(mut self, number: usize, change: impl FnOnce(&mut Category)) -> Self {
        let mut category = Category::new(id(number));
        change(&mut category);
        self.setup.categories.push(category);
        self
    }

    pub fn change(mut self, category: usize, change: impl FnOnce(&mut Category)) -> Self {
        change(self.setup.categories.iter_mut().find(|known| known.id == id(category)).unwrap());
        self
    }

    /// Weight in percent.
    pub fn weighted(self, number: usize, percent: i64) -> Self {
        self.category(number, |category| category.weight_ppm = Some(percent * 10_000))
    }

    pub fn item(mut self, number: usize, category: usize, points: f64) -> Self {
        self.setup.line_items.push(LineItem::new(id(number), id(category), points));
        self
    }

    /// Changes the last item.
    pub fn but(mut self, change: impl FnOnce(&mut LineItem)) -> Self {
        change(self.setup.line_items.last_mut().unwrap());
        self
    }

    /// An item, and what student 1 has in it.
    pub fn scored(self, number: usize, category: usize, given: f64, points: f64) -> Self {
        self.item(number, category, points).score(1, number, Some(given))
    }

    pub fn score(self, student: usize, item: usize, given: Option<f64>) -> Self {
        self.score_at(student, item, given, 0)
    }

    pub fn score_at(self, student: usize, item: usize, given: Option<f64>, scored_at: i64) -> Self {
        self.entry(student, item, |entry| (entry.given, entry.scored_at) = (given, scored_at))
    }

    pub fn excuse(self, student: usize, item: usize) -> Self {
        self.entry(student, item, |entry| (entry.excused, entry.scored_at) = (true, 1))
    }

    pub fn entry(mut self, student: usize, item: usize, change: impl FnOnce(&mut ScoreEntry)) -> Self {
        let mut entry = ScoreEntry {
            id: id(self.scores.len() + 1),
            line_item: id(item),
            student: id(student),
            given: None,
            excused: false,
            scored_at: 0,
        };
        change(&mut entry);
        self.scores.push(entry);
        self
    }

    pub fn student(mut self, number: usize) -> Self {
        self.students.push(id(number));
        self
    }

    /// Weight in percent; from and to in the tests' small times.
    pub fn period(mut self, number: usize, percent: i64, starts_at: i64, ends_at: i64) -> Self {
        let weight_ppm = percent * 10_000;
        let period = GradingPeriod { id: id(number), weight_ppm, starts_at, ends_at };
        self.setup.policy.periods.periods.push(period);
        self
    }

    pub fn try_open(&self) -> Result<Gradebook, GradebookError> {
        Gradebook::open(self.setup.clone(), self.students.clone(), &self.scores)
    }

    pub fn open(&self) -> Gradebook {
        self.try_open().unwrap()
    }

    pub fn grade(&self) -> StudentGrade {
        self.grade_at(LATER)
    }

    pub fn grade_at(&self, as_of: i64) -> StudentGrade {
        grade_student(&self.open(), id(1), as_of).unwrap()
    }

    /// Student 1's current and final percent.
    pub fn both(&self) -> (Option<f64>, Option<f64>) {
        percents(&self.grade())
    }

    /// Student 1's current percent.
    pub fn current(&self) -> Option<f64> {
        self.both().0
    }

    /// What became of an item in student 1's current grade.
    pub fn verdict(&self, item: usize) -> Verdict {
        part(&self.grade().trace.current_grade.whole, item).verdict
    }
}

pub(super) fn percents(grade: &StudentGrade) -> (Option<f64>, Option<f64>) {
    (grade.current_grade.percent, grade.final_grade.percent)
}

/// A line item in the workings.
pub(super) fn part(workings: &Workings, item: usize) -> PartTrace {
    let parts = || workings.categories.iter().flat_map(|category| &category.parts);
    parts().find(|part| part.part == Part::LineItem(id(item))).unwrap().clone()
}

/// Whether two numbers are equal but for the last bits.
pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}
