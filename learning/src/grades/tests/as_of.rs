//! Grades as of any moment.

use super::class::{Class, LATER, id, part, percents};
use crate::grades::grade_class;

/// 5/10 at 10, 9/10 at 20, taken back at 30.
fn corrected() -> Class {
    let class = Class::by_points().category(1, |_| ()).item(11, 1, 10.0);
    // Not in order: entries may arrive late.
    class.score_at(1, 11, Some(9.0), 20).score_at(1, 11, None, 30).score_at(1, 11, Some(5.0), 10)
}

#[test]
fn the_latest_score_up_to_the_moment_counts() {
    let at = |as_of| percents(&corrected().grade_at(as_of));
    assert_eq!(at(9), (None, Some(0.0)));
    assert_eq!(at(10), (Some(50.0), Some(50.0)));
    assert_eq!(at(19), (Some(50.0), Some(50.0)));
    assert_eq!(at(20), (Some(90.0), Some(90.0)));
    assert_eq!(at(30), (None, Some(0.0)));
}

#[test]
fn of_two_scores_of_one_moment_that_with_the_greater_id_counts() {
    let class = Class::by_points().category(1, |_| ()).item(11, 1, 10.0);
    let mut class = class.score_at(1, 11, Some(4.0), 10).score_at(1, 11, Some(7.0), 10);
    assert_eq!(class.current(), Some(70.0));
    class.scores.reverse();
    assert_eq!(class.current(), Some(70.0));
    let entry = part(&class.grade().trace.current_grade.whole, 11).entry;
    assert_eq!(entry, Some(id(2)));
}

#[test]
fn an_excuse_can_be_taken_back() {
    let class = Class::by_points().category(1, |_| ()).scored(10, 1, 10.0, 10.0).item(11, 1, 10.0);
    let class = class.excuse(1, 11).score_at(1, 11, Some(4.0), 5);
    assert_eq!(class.grade_at(1).current_grade.percent, Some(100.0));
    assert_eq!(class.grade_at(5).current_grade.percent, Some(70.0));
}

#[test]
fn each_student_has_their_own_scores_and_the_order_of_the_class() {
    let class = Class::by_points().category(1, |_| ()).item(11, 1, 10.0).student(9).student(4);
    let book = class.score(4, 11, Some(4.0)).score(1, 11, Some(1.0)).open();
    let grades: Vec<_> = grade_class(&book, LATER)
        .into_iter()
        .map(|grade| (grade.student, grade.current_grade.percent))
        .collect();
    assert_eq!(grades, [(id(1), Some(10.0)), (id(9), None), (id(4), Some(40.0))]);
}
