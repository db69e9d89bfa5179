//! Aggregations but the natural one, what is left out, and the tree. The three items are 80/100, 5/10 and 18/20, which are
//! 0.8, 0.5 and 0.9.

use super::class::{Class, id, near, part};
use crate::grades::{Aggregation, Verdict};

fn three(aggregation: Aggregation) -> Class {
    Class::moodle(aggregation).scored(11, 1, 80.0, 100.0).scored(12, 1, 5.0, 10.0).scored(13, 1, 18.0, 20.0)
}

fn weights(mut class: Class, percents: [i64; 3]) -> Class {
    for (item, percent) in class.setup.line_items.iter_mut().zip(percents) {
        item.weight_ppm = Some(percent * 10_000);
    }
    class
}

fn extra(mut class: Class, item: usize) -> Class {
    class.setup.line_items[item - 11].extra_credit = true;
    class
}

#[test]
fn each_aggregation_makes_one_value_of_three() {
    // 2.2/3; the middle; the ends; all are as frequent, so the highest; (80 + 5 + 18)/130 = 79.230…
    assert_eq!(three(Aggregation::Mean).current(), Some(73.33));
    assert_eq!(three(Aggregation::Median).current(), Some(80.0));
    assert_eq!(three(Aggregation::Min).current(), Some(50.0));
    assert_eq!(three(Aggregation::Max).current(), Some(90.0));
    assert_eq!(three(Aggregation::Mode).current(), Some(90.0));
    assert_eq!(three(Aggregation::SimpleWeightedMean).current(), Some(79.23));
    assert_eq!(three(Aggregation::ExtraCreditMean).current(), Some(73.33));
    assert_eq!(three(Aggregation::Sum).current(), Some(79.23));
}

#[test]
fn a_weighted_mean_uses_the_weights_that_are_given() {
    // (1 * 0.8 + 2 * 0.5 + 3 * 0.9)/6 = 4.5/6
    assert_eq!(weights(three(Aggregation::WeightedMean), [100, 200, 300]).current(), Some(75.0));
    // A weight of 0 takes an item out: (0.8 + 0.9)/2. Without weights, all are 1.
    assert_eq!(weights(three(Aggregation::WeightedMean), [100, 0, 100]).current(), Some(85.0));
    assert_eq!(three(Aggregation::WeightedMean).current(), Some(73.33));
    assert_eq!(weights(three(Aggregation::WeightedMean), [0, 0, 0]).current(), None);
}

#[test]
fn extra_credit_of_a_simple_weighted_mean_adds_its_points() {
    // (80 + 18 + 5)/120 = 85.833…
    assert_eq!(extra(three(Aggregation::SimpleWeightedMean), 12).current(), Some(85.83));
}

#[test]
fn extra_credit_of_a_mean_adds_its_weighted_share() {
    // (0.8 + 0.9 + 0.2 * 0.5)/2
    let class = weights(extra(three(Aggregation::ExtraCreditMean), 12), [100, 20, 100]);
    assert_eq!((class.current(), class.verdict(12)), (Some(90.0), Verdict::ExtraCredit));
}

#[test]
fn other_aggregations_do_not_know_extra_credit() {
    let class = extra(three(Aggregation::Mean), 12);
    assert_eq!((class.current(), class.verdict(12)), (Some(73.33), Verdict::Counted));
}

#[test]
fn extra_credit_fills_up_and_does_not_overflow() {
    // (100 + 10)/100 is 1, and of the extra 10 nothing is left to add.
    let class =
        Class::moodle(Aggregation::SimpleWeightedMean).scored(11, 1, 95.0, 100.0).scored(12, 1, 10.0, 10.0);
    let class = extra(class, 12);
    assert_eq!(class.current(), Some(100.0));
    let whole = class.grade().trace.current_grade.whole;
    assert!(near(part(&whole, 11).contribution, 95.0) && near(part(&whole, 12).contribution, 5.0));
}

#[test]
fn scores_beyond_the_points_are_taken_to_the_nearer_end() {
    // (1 + 0)/2
    let class = Class::moodle(Aggregation::Mean).scored(11, 1, 12.0, 10.0).scored(12, 1, -3.0, 10.0);
    assert_eq!(class.current(), Some(50.0));
    let whole = class.grade().trace.current_grade.whole;
    assert_eq!((part(&whole, 11).given, part(&whole, 11).score), (Some(12.0), 10.0));
}

#[test]
fn of_equal_lowest_values_that_with_more_points_is_dropped() {
    // 5/10, 50/100, 18/20: without 50/100 23/30 = 76.666…, without 5/10 it would be 68/120.
    let class = Class::moodle(Aggregation::SimpleWeightedMean).change(1, |category| category.drop_lowest = 1);
    let class = class.scored(11, 1, 5.0, 10.0).scored(12, 1, 50.0, 100.0).scored(13, 1, 18.0, 20.0);
    assert_eq!((class.current(), class.verdict(12)), (Some(76.67), Verdict::DroppedLowest));
}

#[test]
fn extra_credit_is_never_dropped() {
    // 1/10 extra is lower than 2/10, which goes: (8 + 1)/10.
    let class = Class::moodle(Aggregation::SimpleWeightedMean).change(1, |category| category.drop_lowest = 1);
    let class = class.scored(11, 1, 2.0, 10.0).scored(12, 1, 1.0, 10.0).scored(13, 1, 8.0, 10.0);
    assert_eq!(extra(class, 12).current(), Some(90.0));
}

#[test]
fn if_all_are_dropped_there_is_no_grade() {
    assert_eq!(three(Aggregation::Mean).change(1, |category| category.drop_lowest = 3).both(), (None, None));
}

#[test]
fn only_the_highest_are_kept() {
    // (0.8 + 0.9)/2
    let class = three(Aggregation::Mean).change(1, |category| category.keep_highest = 2);
    assert_eq!((class.current(), class.verdict(12)), (Some(85.0), Verdict::NotAmongHighest));
}

#[test]
fn dropping_goes_before_keeping() {
    let class =
        three(Aggregation::Mean).change(1, |category| (category.drop_lowest, category.keep_highest) = (1, 1));
    assert_eq!(class.current(), Some(85.0));
}

#[test]
fn ungraded_work_can_count_as_0_in_the_current_grade() {
    // 0.8/1, or 0.8/2 if not only graded work counts
    let class = Class::moodle(Aggregation::Mean).scored(11, 1, 8.0, 10.0).item(12, 1, 10.0);
    assert_eq!(class.both(), (Some(80.0), Some(40.0)));
    assert_eq!(class.change(1, |category| category.only_graded = false).both(), (Some(40.0), Some(40.0)));
}

#[test]
fn while_nothing_is_graded_there_is_no_current_grade() {
    let class = Class::moodle(Aggregation::Mean).item(11, 1, 10.0);
    assert_eq!(class.both(), (None, Some(0.0)));
    assert_eq!(class.change(1, |category| category.only_graded = false).both(), (None, Some(0.0)));
}

#[test]
fn excused_hidden_and_omitted_work_and_work_without_points_does_not_count() {
    let class =
        three(Aggregation::Mean).excuse(1, 12).scored(14, 1, 0.0, 10.0).but(|item| item.hidden = true);
    let class =
        class.scored(15, 1, 0.0, 10.0).but(|item| item.omit_from_final = true).scored(16, 1, 3.0, 0.0);
    assert_eq!(class.both(), (Some(85.0), Some(85.0)));
    let verdicts = [12, 14, 15, 16].map(|item| class.verdict(item));
    assert_eq!(verdicts, [Verdict::Excused, Verdict::Hidden, Verdict::Omitted, Verdict::NoPoints]);
}

/// Homework (40 %, mean) 80/100 and 5/10; exam (60 %, its own category) 90/100.
fn nested() -> Class {
    let inner = |class: Class, number, percent: i64| {
        class.category(number, |category| {
            category.parent = Some(id(1));
            category.weight_ppm = Some(percent * 10_000);
            category.aggregation = Aggregation::Mean;
        })
    };
    let class = inner(inner(Class::moodle(Aggregation::WeightedMean), 2, 40), 3, 60);
    class.scored(21, 2, 80.0, 100.0).scored(22, 2, 5.0, 10.0).scored(31, 3, 90.0, 100.0)
}

#[test]
fn categories_aggregate_categories() {
    // 0.4 * (0.8 + 0.5)/2 + 0.6 * 0.9 = 0.26 + 0.54
    let grade = nested().grade();
    assert_eq!(grade.current_grade.percent, Some(80.0));
    let by_category: Vec<_> = grade.categories.iter().map(|category| category.current_grade).collect();
    assert_eq!(by_category, [Some(80.0), Some(65.0), Some(90.0)]);
}

#[test]
fn contributions_come_down_the_tree() {
    // 0.4 * 0.5 * 0.8, 0.4 * 0.5 * 0.5, 0.6 * 0.9
    let whole = nested().grade().trace.current_grade.whole;
    assert!(near(part(&whole, 21).contribution, 16.0));
    assert!(near(part(&whole, 22).contribution, 10.0));
    assert!(near(part(&whole, 31).contribution, 54.0));
    assert!(near(whole.categories[1].contribution, 26.0) && near(whole.categories[1].weight, 0.4));
}

#[test]
fn a_category_without_grades_waits_and_an_empty_one_is_not_there() {
    // Current: homework alone. Final: the exam is 0, 0.26. Category 4 has nothing that could be graded.
    let mut class = nested().category(4, |category| category.parent = Some(id(1)));
    class.scores.retain(|score| score.line_item != id(31));
    assert_eq!(class.both(), (Some(65.0), Some(26.0)));
    let parts = class.grade().trace.current_grade.whole.categories[0].parts.clone();
    let verdicts: Vec<_> = parts.iter().map(|part| part.verdict).collect();
    assert_eq!(verdicts, [Verdict::Counted, Verdict::NotGraded, Verdict::Empty]);
}

#[test]
fn a_dropped_category_contributes_nothing_from_within() {
    // Homework at 0.65 goes, the exam stays.
    let class = nested().change(1, |category| category.drop_lowest = 1);
    assert_eq!(class.current(), Some(90.0));
    assert!(near(part(&class.grade().trace.current_grade.whole, 21).contribution, 0.0));
}
