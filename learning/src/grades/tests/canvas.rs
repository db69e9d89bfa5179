//! Groups, weights, and what counts. Fractions in the comments are worked out by hand.

use super::class::{Class, id, part};
use crate::grades::{Letter, LetterScale, Verdict};

/// Homework 8/10 and 18/20, exam 75/100.
fn homework_and_exam(class: Class) -> Class {
    class.scored(11, 1, 8.0, 10.0).scored(12, 1, 18.0, 20.0).scored(21, 2, 75.0, 100.0)
}

#[test]
fn groups_are_weighted_by_percent() {
    // 26/30 * 40 + 75/100 * 60 = 34.666… + 45
    let class = homework_and_exam(Class::by_percent().weighted(1, 40).weighted(2, 60));
    assert_eq!(class.both(), (Some(79.67), Some(79.67)));
}

#[test]
fn by_points_weights_of_groups_do_not_matter() {
    // 101/130 = 77.692…
    let class = homework_and_exam(Class::by_points().weighted(1, 40).weighted(2, 60));
    assert_eq!(class.current(), Some(77.69));
}

#[test]
fn each_group_has_a_grade_of_its_own() {
    let grade =
        homework_and_exam(Class::by_percent().weighted(1, 40).weighted(2, 60)).item(22, 2, 100.0).grade();
    // 26/30 = 86.666…; 75/100 and 75/200
    assert_eq!(grade.categories[0].current_grade, Some(86.67));
    assert_eq!(grade.categories[1].current_grade, Some(75.0));
    assert_eq!(grade.categories[1].final_grade, Some(37.5));
}

#[test]
fn weights_below_100_are_scaled_up() {
    // (0.9 * 30 + 0.7 * 30) * 100/60 = 80
    let class = Class::by_percent().weighted(1, 30).weighted(2, 30);
    let class = class.scored(11, 1, 9.0, 10.0).scored(21, 2, 7.0, 10.0);
    assert_eq!(class.current(), Some(80.0));
    let whole = class.grade().trace.current_grade.whole;
    assert_eq!((whole.full_weight, whole.scale), (Some(60.0), 100.0 / 60.0));
}

#[test]
fn weights_above_100_are_not_scaled_down() {
    // 0.9 * 80 + 0.7 * 40 = 72 + 28; all right: 120
    let class = || Class::by_percent().weighted(1, 80).weighted(2, 40);
    assert_eq!(class().scored(11, 1, 9.0, 10.0).scored(21, 2, 7.0, 10.0).current(), Some(100.0));
    assert_eq!(class().scored(11, 1, 10.0, 10.0).scored(21, 2, 10.0, 10.0).current(), Some(120.0));
}

#[test]
fn a_group_without_points_has_no_weight() {
    // Current: only group 1, 0.8 * 50 * 100/50 = 80. Final: 0.8 * 50 + 0 * 50 = 40; the empty group 3 never counts.
    let class = Class::by_percent().weighted(1, 50).weighted(2, 50).weighted(3, 50);
    let class = class.scored(11, 1, 8.0, 10.0).item(21, 2, 10.0);
    assert_eq!(class.both(), (Some(80.0), Some(40.0)));
}

#[test]
fn without_any_weight_there_is_no_grade_by_percent() {
    let class = Class::by_percent().category(1, |_| ()).scored(11, 1, 8.0, 10.0);
    assert_eq!(class.both(), (None, None));
    assert_eq!(class.grade().categories[0].current_grade, Some(80.0));
}

#[test]
fn a_group_without_points_adds_its_score_by_points_only() {
    // 2 points of extra credit: by points 82/100, by percent nothing.
    let fill = |class: Class| class.scored(11, 1, 80.0, 100.0).scored(21, 2, 2.0, 0.0);
    assert_eq!(fill(Class::by_points().weighted(1, 90).weighted(2, 10)).current(), Some(82.0));
    assert_eq!(fill(Class::by_percent().weighted(1, 90).weighted(2, 10)).current(), Some(80.0));
}

#[test]
fn ungraded_work_is_ignored_in_the_current_grade_and_0_in_the_final_one() {
    // 9/10; 9/20
    let class = Class::by_points().category(1, |_| ()).scored(11, 1, 9.0, 10.0).item(12, 1, 10.0);
    assert_eq!(class.both(), (Some(90.0), Some(45.0)));
    let trace = class.grade().trace;
    assert_eq!(part(&trace.current_grade.whole, 12).verdict, Verdict::NotGraded);
    assert_eq!(part(&trace.final_grade.whole, 12).verdict, Verdict::CountedAsZero);
}

#[test]
fn who_has_handed_in_nothing_has_no_current_grade_and_0_at_last() {
    let class = Class::by_points().category(1, |_| ()).item(11, 1, 10.0);
    assert_eq!(class.both(), (None, Some(0.0)));
}

#[test]
fn an_empty_gradebook_has_no_grades() {
    assert_eq!(Class::by_points().both(), (None, None));
    assert_eq!(Class::by_percent().weighted(1, 100).both(), (None, None));
}

#[test]
fn excused_work_counts_in_neither_grade_even_if_it_was_scored() {
    // 5/10, not 5/20
    let class = Class::by_points().category(1, |_| ());
    let class = class.scored(11, 1, 5.0, 10.0).scored(12, 1, 0.0, 10.0).excuse(1, 12);
    assert_eq!(class.both(), (Some(50.0), Some(50.0)));
    assert_eq!(class.verdict(12), Verdict::Excused);
}

#[test]
fn hidden_and_omitted_work_counts_in_neither_grade() {
    let class = Class::by_points().category(1, |_| ()).scored(11, 1, 5.0, 10.0);
    let class = class.scored(12, 1, 10.0, 10.0).but(|item| item.hidden = true);
    let class = class.scored(13, 1, 10.0, 10.0).but(|item| item.omit_from_final = true);
    assert_eq!(class.both(), (Some(50.0), Some(50.0)));
    assert_eq!((class.verdict(12), class.verdict(13)), (Verdict::Hidden, Verdict::Omitted));
}

#[test]
fn extra_credit_adds_to_the_score_alone() {
    // (90 + 5)/100 with 5/0, the same with 5/10 that is marked, and 105/100 for more than all points
    let class = || Class::by_points().category(1, |_| ());
    assert_eq!(class().scored(11, 1, 90.0, 100.0).scored(12, 1, 5.0, 0.0).current(), Some(95.0));
    let marked =
        class().scored(11, 1, 90.0, 100.0).scored(12, 1, 5.0, 10.0).but(|item| item.extra_credit = true);
    assert_eq!((marked.current(), marked.verdict(12)), (Some(95.0), Verdict::ExtraCredit));
    assert_eq!(class().scored(11, 1, 105.0, 100.0).current(), Some(105.0));
}

#[test]
fn missing_extra_credit_costs_nothing() {
    let class = Class::by_points().category(1, |_| ()).scored(11, 1, 90.0, 100.0);
    assert_eq!(class.item(12, 1, 10.0).but(|item| item.extra_credit = true).both(), (Some(90.0), Some(90.0)));
}

#[test]
fn a_penalty_is_a_negative_score() {
    // (8 - 2)/10
    let class = Class::by_points().category(1, |_| ()).scored(11, 1, 8.0, 10.0).scored(12, 1, -2.0, 0.0);
    assert_eq!(class.current(), Some(60.0));
}

#[test]
fn the_letter_is_that_of_the_rounded_grade() {
    // 89.995 % is shown as 90.00 %, and 90.00 % is an A.
    let mut class = Class::by_points().category(1, |_| ()).scored(11, 1, 17.999, 20.0).item(12, 1, 20.0);
    let letter = |letter: &str, from_percent| Letter { letter: letter.into(), from_percent };
    class.setup.policy.letters =
        Some(LetterScale::new(vec![letter("A", 90.0), letter("B", 80.0), letter("F", 0.0)]).unwrap());
    let grade = class.grade();
    assert_eq!((grade.current_grade.percent, grade.current_grade.letter.as_deref()), (Some(90.0), Some("A")));
    assert_eq!(grade.final_grade.letter.as_deref(), Some("F"));
}

#[test]
fn a_grade_says_by_what_and_as_of_when() {
    let grade = Class::by_points().grade_at(77);
    assert_eq!((grade.student, grade.policy_version, grade.as_of), (id(1), 3, 77));
}
