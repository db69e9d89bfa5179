//! Grading periods: autumn is 101 with times up to 10, spring 102 with times up to 20.

use super::class::{Class, id, near};
use crate::grades::{Aggregation, Combination};

fn year(class: Class, autumn: i64, spring: i64) -> Class {
    let mut class = class.period(101, autumn, 0, 10).period(102, spring, 10, 20);
    class.setup.policy.periods.weighted = true;
    class
}

/// 8/10 in autumn, 9/10 in spring.
fn both_terms(class: Class) -> Class {
    let class = class.category(1, |_| ()).scored(11, 1, 8.0, 10.0).but(|item| item.period = Some(id(101)));
    class.scored(12, 1, 9.0, 10.0).but(|item| item.period = Some(id(102)))
}

#[test]
fn periods_are_combined_by_their_weights() {
    // 80 * 0.4 + 90 * 0.6
    let class = both_terms(year(Class::by_points(), 40, 60));
    assert_eq!(class.both(), (Some(86.0), Some(86.0)));
    let grade = class.grade();
    let periods: Vec<_> =
        grade.periods.iter().map(|period| (period.period, period.current_grade.percent)).collect();
    assert_eq!(periods, [(id(101), Some(80.0)), (id(102), Some(90.0))]);
}

#[test]
fn weights_of_periods_below_100_are_scaled_up_and_above_are_not_scaled_down() {
    // (80 * 0.2 + 90 * 0.3) * 2; 80 * 0.8 + 90 * 0.8
    assert_eq!(both_terms(year(Class::by_points(), 20, 30)).current(), Some(86.0));
    assert_eq!(both_terms(year(Class::by_points(), 80, 80)).current(), Some(136.0));
}

#[test]
fn a_period_without_grades_waits_in_the_current_grade_and_is_0_in_the_final_one() {
    let mut class = both_terms(year(Class::by_points(), 40, 60));
    class.scores.pop();
    assert_eq!(class.both(), (Some(80.0), Some(32.0)));
    let trace = class.grade().trace;
    assert_eq!(trace.current_grade.combination, Combination::Periods { full_weight: 40.0, scale: 2.5 });
    assert!(near(trace.final_grade.periods[0].contribution, 32.0));
}

#[test]
fn a_period_without_work_is_0_in_the_final_grade() {
    let class = year(Class::by_points().category(1, |_| ()), 50, 50);
    let class = class.scored(11, 1, 8.0, 10.0).but(|item| item.period = Some(id(101)));
    assert_eq!(class.both(), (Some(80.0), Some(40.0)));
}

#[test]
fn periods_are_rounded_before_they_are_combined() {
    // 1/3 is 33.33, so the whole is 33.33 and not 33.333…
    let class = year(Class::by_points().category(1, |_| ()), 100, 0);
    let class = class.scored(11, 1, 1.0, 3.0).but(|item| item.period = Some(id(101)));
    assert!(near(class.grade().trace.current_grade.unrounded.unwrap(), 33.33));
}

#[test]
fn without_weights_periods_are_shown_and_all_work_is_graded_at_once() {
    // 8/10 and 1/30; 9/40 together
    let mut class = both_terms(year(Class::by_points(), 50, 50));
    class.setup.policy.periods.weighted = false;
    class.setup.line_items[1].points_possible = 30.0;
    class.scores[1].given = Some(1.0);
    let grade = class.grade();
    assert_eq!(grade.current_grade.percent, Some(22.5));
    assert_eq!(grade.periods[1].current_grade.percent, Some(3.33));
}

#[test]
fn a_policy_can_cover_a_single_period() {
    let mut class = both_terms(year(Class::by_points(), 40, 60));
    class.setup.policy.only_period = Some(id(102));
    let grade = class.grade();
    assert_eq!((grade.current_grade.percent, grade.periods.len()), (Some(90.0), 0));
    assert_eq!(grade.trace.current_grade.whole.categories[0].parts.len(), 1);
}

#[test]
fn work_belongs_to_the_period_in_which_it_is_due() {
    // Due at 0 is before autumn, at 1 and 10 in autumn, at 11 and 20 in spring, never in the last one, at 21 after it.
    let mut class = year(Class::by_points().category(1, |_| ()), 50, 50);
    for (nth, due) in [Some(0), Some(1), Some(10), Some(11), Some(20), None, Some(21)].into_iter().enumerate()
    {
        class = class.item(11 + nth, 1, 10.0).but(|item| item.due_at = due);
    }
    let trace = class.grade().trace.final_grade;
    let in_period = |slot: usize| trace.periods[slot].workings.categories[0].parts.len();
    assert_eq!((in_period(0), in_period(1), trace.whole.categories[0].parts.len()), (2, 3, 7));
}

#[test]
fn drop_rules_work_within_a_period() {
    // Each period drops its lower score: 90 and 60; at once, the lowest of four goes.
    let class = year(Class::by_points().category(1, |category| category.drop_lowest = 1), 50, 50);
    let scores = [(11, 9.0, 101), (12, 1.0, 101), (13, 6.0, 102), (14, 5.0, 102)];
    let add = |class: Class, (item, given, period): (usize, f64, usize)| {
        class.scored(item, 1, given, 10.0).but(|item| item.period = Some(id(period)))
    };
    let grade = scores.into_iter().fold(class, add).grade();
    assert_eq!(grade.current_grade.percent, Some(75.0));
    assert_eq!(grade.categories[0].current_grade, Some(66.67)); // 20/30
}

#[test]
fn moodle_rules_take_periods_too() {
    // 0.8 and 0.9 as means
    let class = year(Class::moodle(Aggregation::Mean), 40, 60);
    let class = class.scored(11, 1, 8.0, 10.0).but(|item| item.due_at = Some(5));
    let class = class.scored(12, 1, 9.0, 10.0).but(|item| item.due_at = Some(15));
    assert_eq!(class.current(), Some(86.0));
}
