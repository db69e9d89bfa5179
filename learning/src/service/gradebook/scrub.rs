//! What a student may see of how a grade came about: nothing of line items that are hidden from students.
//!
//! The grade is the one that its teacher sees. What is hidden counts in no grade, so leaving it out of the parts changes no
//! sum. Under Moodle's natural weights a category is worth what all its line items are, hidden ones included: where nothing
//! in a category is graded yet, that worth is shown to teachers only.

use crate::grades::{CategoryTrace, GradeTrace, Part, StudentGrade, Verdict, Workings};
use protocol::ids::{CategoryId, LineItemId};
use std::collections::HashSet;

/// What is hidden in a gradebook.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// Line items.
    pub items: HashSet<LineItemId>,
    /// The categories that they are in, and those around them.
    pub categories: HashSet<CategoryId>,
}

impl Hidden {
    /// Takes what is hidden out of a grade.
    pub fn scrub(&self, mut grade: StudentGrade) -> StudentGrade {
        for trace in [&mut grade.trace.current_grade, &mut grade.trace.final_grade] {
            self.scrub_trace(trace);
        }
        grade
    }

    fn scrub_trace(&self, trace: &mut GradeTrace) {
        let periods = trace.periods.iter_mut().map(|period| &mut period.workings);
        for Workings { categories, .. } in periods.chain([&mut trace.whole]) {
            for category in categories {
                self.scrub_category(category);
            }
        }
    }

    fn scrub_category(&self, category: &mut CategoryTrace) {
        category.parts.retain(|part| match part.part {
            Part::LineItem(item) => !self.items.contains(&item) && part.verdict != Verdict::Hidden,
            Part::Category(_) => true,
        });
        for part in &mut category.parts {
            let ungraded =
                matches!(part.verdict, Verdict::Empty | Verdict::NotGraded | Verdict::CountedAsZero);
            if let Part::Category(inner) = part.part
                && ungraded
                && self.categories.contains(&inner)
            {
                part.possible = 0.0;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::grades::{
        Category, Gradebook, LineItem, Policy, Rules, ScoreEntry, Setup, WeightScheme, grade_student,
    };
    use protocol::ids::{PersonId, ScoreId};
    use uuid::Uuid;

    /// A category around another one; an open item in each and a hidden one of 777 points in the inner one, all scored but
    /// for the inner open one. The ids are fixed: random ones would have a 777 in them now and then.
    fn graded(rules: Rules) -> (Hidden, StudentGrade) {
        let (outer, inner) = (CategoryId(Uuid::from_u128(1)), CategoryId(Uuid::from_u128(2)));
        let parent = (rules == Rules::Moodle).then_some(outer);
        let categories = vec![Category::new(outer), Category { parent, ..Category::new(inner) }];
        let [open, later, secret] = [3, 4, 5].map(|id| LineItemId(Uuid::from_u128(id)));
        let line_items = vec![
            LineItem::new(open, outer, 10.0),
            LineItem::new(later, inner, 10.0),
            LineItem { hidden: true, ..LineItem::new(secret, inner, 777.0) },
        ];
        let student = PersonId(Uuid::from_u128(6));
        let score = |line_item: LineItemId| ScoreEntry {
            id: ScoreId(line_item.0),
            line_item,
            student,
            given: Some(8.25),
            excused: false,
            scored_at: 1,
        };
        let policy = Policy { rules, ..Policy::default() };
        let setup = Setup { policy, categories, line_items };
        let book = Gradebook::open(setup, vec![student], &[score(open), score(secret)]).unwrap();
        let hidden = Hidden { items: [secret].into(), categories: [outer, inner].into() };
        (hidden, grade_student(&book, student, 9).unwrap())
    }

    #[test]
    fn a_student_sees_the_teachers_grade_and_no_trace_of_what_is_hidden() {
        for rules in [Rules::Canvas { scheme: WeightScheme::Points }, Rules::Moodle] {
            let (hidden, seen_by_teacher) = graded(rules);
            let secret = hidden.items.iter().next().unwrap().to_string();
            let whole = serde_json::to_string(&seen_by_teacher).unwrap();
            assert!(whole.contains(&secret) && whole.contains("\"hidden\""), "{rules:?}: nothing to hide");
            let seen_by_student = hidden.scrub(seen_by_teacher.clone());
            let told = serde_json::to_string(&seen_by_student).unwrap();
            for leak in [secret.as_str(), "\"hidden\"", "777", "787"] {
                assert!(!told.contains(leak), "{rules:?}: {leak} in {told}");
            }
            assert_eq!(seen_by_student.current_grade, seen_by_teacher.current_grade);
            assert_eq!(seen_by_student.final_grade, seen_by_teacher.final_grade);
            assert_eq!(seen_by_student.categories, seen_by_teacher.categories);
        }
    }
}
