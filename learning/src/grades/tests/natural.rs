//! Moodle's natural aggregation.

use super::class::{Class, id, near, part};
use crate::grades::{Aggregation, LineItem, Verdict};

/// 80/100, 5/10 and 18/20.
fn three() -> Class {
    let class = Class::moodle(Aggregation::Sum);
    class.scored(11, 1, 80.0, 100.0).scored(12, 1, 5.0, 10.0).scored(13, 1, 18.0, 20.0)
}

fn change(mut class: Class, item: usize, change: impl FnOnce(&mut LineItem)) -> Class {
    change(&mut class.setup.line_items[item - 11]);
    class
}

fn overridden(class: Class, item: usize, percent: i64) -> Class {
    change(class, item, |item| item.weight_ppm = Some(percent * 10_000))
}

fn weight(class: &Class, item: usize) -> f64 {
    part(&class.grade().trace.current_grade.whole, item).weight
}

#[test]
fn weights_follow_points() {
    // 103/130; 10/130
    let class = three();
    assert_eq!(class.current(), Some(79.23));
    assert!(near(weight(&class, 12), 10.0 / 130.0));
    let whole = class.grade().trace.current_grade.whole;
    assert!(near(whole.score, 103.0) && near(whole.possible, 130.0));
}

#[test]
fn the_other_weights_share_what_an_overridden_one_leaves() {
    // A is 0.5, B 10/30 * 0.5, C 20/30 * 0.5: 0.4 + 0.08333 + 0.3
    let class = overridden(three(), 11, 50);
    assert_eq!(class.current(), Some(78.33));
    assert!(near(weight(&class, 12), 1.0 / 6.0) && near(weight(&class, 13), 1.0 / 3.0));
}

#[test]
fn an_overridden_weight_is_scaled_to_what_is_graded() {
    // Without C: A 0.5 of 0.6666 is 0.75, B has the rest: 0.75 * 0.8 + 0.25 * 0.5 = 0.725
    let mut class = overridden(three(), 11, 50);
    class.scores.pop();
    assert_eq!(class.current(), Some(72.5));
    assert!(near(weight(&class, 11), 0.75) && near(weight(&class, 12), 0.25));
}

#[test]
fn overridden_weights_above_the_whole_are_normalised_and_leave_nothing() {
    // A and B are 0.8 each and become 0.5, C gets nothing: 0.5 * 0.8 + 0.5 * 0.5
    let class = overridden(overridden(three(), 11, 80), 12, 80);
    assert_eq!(class.current(), Some(65.0));
    assert!(near(weight(&class, 13), 0.0));
}

#[test]
fn overridden_weights_of_exactly_the_whole_leave_nothing() {
    // 0.7 + 0.2 + 0.1 is less than 1 in binary. 0.7 * 0.8 + 0.2 * 0.5 + 0.1 * 0.9; the fourth adds no points either.
    let class = overridden(overridden(overridden(three(), 11, 70), 12, 20), 13, 10).scored(14, 1, 50.0, 50.0);
    assert_eq!(class.current(), Some(75.0));
    assert!(near(class.grade().trace.current_grade.whole.possible, 130.0));
}

#[test]
fn overridden_weights_below_the_whole_are_normalised_if_there_are_no_others() {
    // 0.1, 0.1 and 0.2 become 0.25, 0.25 and 0.5: 0.2 + 0.125 + 0.45
    let class = overridden(overridden(overridden(three(), 11, 10), 12, 10), 13, 20);
    assert_eq!(class.current(), Some(77.5));
}

#[test]
fn an_overridden_weight_of_0_takes_an_item_out() {
    // (5 + 18)/30 = 76.666…
    let class = overridden(three(), 11, 0);
    assert_eq!(class.current(), Some(76.67));
    assert!(near(class.grade().trace.current_grade.whole.possible, 30.0));
}

#[test]
fn extra_credit_adds_points_on_top() {
    // 103/120
    let class = change(three(), 12, |item| item.extra_credit = true);
    assert_eq!((class.current(), class.verdict(12)), (Some(85.83), Verdict::ExtraCredit));
    assert!(near(weight(&class, 12), 10.0 / 120.0));
}

#[test]
fn extra_credit_is_bounded_by_the_points_of_the_category() {
    // 98 + 10 of 100 is 100; only 2 of the 10 still fit: 0.02 of the category for a value of 1
    let class = Class::moodle(Aggregation::Sum).scored(11, 1, 98.0, 100.0).scored(12, 1, 10.0, 10.0);
    let class = change(class, 12, |item| item.extra_credit = true);
    assert_eq!(class.current(), Some(100.0));
    assert!(near(weight(&class, 12), 0.02));
}

#[test]
fn missing_extra_credit_costs_nothing() {
    let class = Class::moodle(Aggregation::Sum).scored(11, 1, 90.0, 100.0).item(12, 1, 10.0);
    let class = change(class, 12, |item| item.extra_credit = true);
    assert_eq!(class.both(), (Some(90.0), Some(90.0)));
}

#[test]
fn the_lowest_of_equal_items_is_dropped() {
    // 5, 8 and 9 of 10: 17/20
    let class = Class::moodle(Aggregation::Sum).change(1, |category| category.drop_lowest = 1);
    let class = class.scored(11, 1, 5.0, 10.0).scored(12, 1, 8.0, 10.0).scored(13, 1, 9.0, 10.0);
    assert_eq!((class.current(), class.verdict(11)), (Some(85.0), Verdict::DroppedLowest));
}

#[test]
fn of_unequal_items_and_of_extra_credit_none_is_dropped() {
    // 103/130 as it is
    let drop = |class: Class| class.change(1, |category| category.drop_lowest = 1);
    assert_eq!(drop(three()).current(), Some(79.23));
    // 5/10 and extra 4/10: 9/10
    let class = Class::moodle(Aggregation::Sum).scored(11, 1, 5.0, 10.0).scored(12, 1, 4.0, 10.0);
    assert_eq!(drop(change(class, 12, |item| item.extra_credit = true)).current(), Some(90.0));
    // Equal points and unequal weights: 0.7 * 0.5 + 0.3 * 0.9
    let class = Class::moodle(Aggregation::Sum).scored(11, 1, 5.0, 10.0).scored(12, 1, 9.0, 10.0);
    assert_eq!(drop(overridden(class, 11, 70)).current(), Some(62.0));
}

#[test]
fn a_natural_category_is_worth_its_points() {
    // Homework 24/30 inside, exam 63/70 beside: 87/100
    let class = Class::moodle(Aggregation::Sum).category(2, |category| category.parent = Some(id(1)));
    let class = class.scored(11, 1, 63.0, 70.0).scored(21, 2, 9.0, 10.0).scored(22, 2, 15.0, 20.0);
    assert_eq!(class.both(), (Some(87.0), Some(87.0)));
}

#[test]
fn a_natural_category_is_worth_what_counts_in_it() {
    // With only 9/10 of the homework graded: (63 + 9)/80; at last (63 + 9)/100
    let class = Class::moodle(Aggregation::Sum).category(2, |category| category.parent = Some(id(1)));
    let class = class.scored(11, 1, 63.0, 70.0).scored(21, 2, 9.0, 10.0).item(22, 2, 20.0);
    assert_eq!(class.both(), (Some(90.0), Some(72.0)));
}

#[test]
fn another_category_is_worth_its_maximum() {
    // A mean of 0.8 worth 50 beside 40/50: (40 + 40)/100
    let class = Class::moodle(Aggregation::Sum).category(2, |category| {
        (category.parent, category.max_points, category.aggregation) = (Some(id(1)), 50.0, Aggregation::Mean);
    });
    let class = class.scored(11, 1, 40.0, 50.0).scored(21, 2, 7.0, 10.0).scored(22, 2, 90.0, 100.0);
    assert_eq!(class.current(), Some(80.0));
}

#[test]
fn nothing_but_extra_credit_is_no_grade() {
    let class =
        change(Class::moodle(Aggregation::Sum).scored(11, 1, 5.0, 10.0), 11, |item| item.extra_credit = true);
    assert_eq!(class.both(), (None, None));
}
