//! Drop rules. `naive` is the grade if the lowest percentages were dropped.

use super::class::{Class, part};
use crate::grades::{Category, Verdict};

fn class(rule: impl FnOnce(&mut Category), scores: &[(f64, f64)]) -> Class {
    let class = Class::by_points().category(1, rule);
    let add =
        |class: Class, (nth, (given, points)): (usize, &(f64, f64))| class.scored(nth, 1, *given, *points);
    scores.iter().enumerate().fold(class, add)
}

fn lowest(drop: u32, scores: &[(f64, f64)]) -> Class {
    class(|category| category.drop_lowest = drop, scores)
}

fn highest(drop: u32, scores: &[(f64, f64)]) -> Class {
    class(|category| category.drop_highest = drop, scores)
}

fn naive(drop: usize, scores: &[(f64, f64)]) -> f64 {
    let mut scores = scores.to_vec();
    scores.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (score, possible) = scores[drop..].iter().fold((0.0, 0.0), |sum, (s, p)| (sum.0 + s, sum.1 + p));
    score / possible * 100.0
}

#[test]
fn dropping_a_large_score_can_beat_dropping_the_lowest_percentage() {
    // 1/10 is the lowest percentage; without it 150/300 = 50. Without 60/200 it is 91/110 = 82.727…
    let scores = [(1.0, 10.0), (60.0, 200.0), (90.0, 100.0)];
    let class = lowest(1, &scores);
    assert_eq!(class.current(), Some(82.73));
    assert_eq!(naive(1, &scores), 50.0);
    assert_eq!(class.verdict(1), Verdict::DroppedLowest);
}

#[test]
fn the_best_two_to_drop_need_not_include_the_best_one() {
    // One: without 2/10 it is 140/220 = 63.636…, without 60/100 only 82/130 = 63.076…
    let scores = [(20.0, 20.0), (60.0, 100.0), (2.0, 10.0), (60.0, 100.0)];
    let one = lowest(1, &scores);
    assert_eq!((one.current(), one.verdict(2)), (Some(63.64), Verdict::DroppedLowest));
    // Two: without both 60/100 it is 22/30 = 73.333…; the lowest percentages are 2/10 and 60/100, which leaves 80/120.
    let two = lowest(2, &scores);
    assert_eq!((two.current(), two.verdict(2)), (Some(73.33), Verdict::Counted));
    assert!((naive(2, &scores) - 80.0 / 1.2).abs() < 1e-9);
}

#[test]
fn what_is_dropped_depends_on_what_never_is() {
    // With 0/100 fixed, dropping 3/10 leaves 20/150 = 13.33 and dropping 20/50 leaves 3/110 = 2.73: a loss is a loss.
    let class = lowest(1, &[(0.0, 100.0), (3.0, 10.0), (20.0, 50.0)]);
    assert_eq!(class.current(), Some(38.33)); // 23/60
    let mut fixed = class;
    fixed.setup.line_items[0].never_drop = true;
    assert_eq!((fixed.current(), fixed.verdict(1)), (Some(13.33), Verdict::DroppedLowest));
}

#[test]
fn never_drop_holds_for_the_lowest() {
    // (1 + 9)/20 with 1/10 fixed; 14/20 otherwise
    let mut class = lowest(1, &[(1.0, 10.0), (5.0, 10.0), (9.0, 10.0)]);
    assert_eq!(class.current(), Some(70.0));
    class.setup.line_items[0].never_drop = true;
    assert_eq!(class.current(), Some(50.0));
}

#[test]
fn if_nothing_may_be_dropped_nothing_is() {
    let mut class = lowest(2, &[(1.0, 10.0), (9.0, 10.0)]);
    class.setup.line_items.iter_mut().for_each(|item| item.never_drop = true);
    assert_eq!(class.current(), Some(50.0));
}

#[test]
fn the_highest_is_dropped_to_the_students_loss() {
    // (5 + 6)/20
    let class = highest(1, &[(10.0, 10.0), (5.0, 10.0), (6.0, 10.0)]);
    assert_eq!((class.current(), class.verdict(0)), (Some(55.0), Verdict::DroppedHighest));
    // By ratio: without 90/100 it is 10/20; without 10/10 it is 90/110.
    assert_eq!(highest(1, &[(10.0, 10.0), (90.0, 100.0), (0.0, 10.0)]).current(), Some(50.0));
}

#[test]
fn the_lowest_go_before_the_highest() {
    // 0, 4, 6, 10 of 10: without 0 and 10 it is 10/20.
    let scores = [(0.0, 10.0), (4.0, 10.0), (6.0, 10.0), (10.0, 10.0)];
    let class = class(|category| (category.drop_lowest, category.drop_highest) = (1, 1), &scores);
    assert_eq!(class.current(), Some(50.0));
    assert_eq!((class.verdict(0), class.verdict(3)), (Verdict::DroppedLowest, Verdict::DroppedHighest));
}

#[test]
fn one_score_always_stays() {
    // Five of three: the best stays.
    let scores = [(10.0, 10.0), (5.0, 10.0), (6.0, 10.0)];
    assert_eq!(lowest(5, &scores).current(), Some(100.0));
    assert_eq!(lowest(3, &scores[..1]).current(), Some(100.0));
}

#[test]
fn the_highest_stay_if_both_rules_would_leave_nothing() {
    // Two lowest and one highest of three: only the lowest are dropped, 10/10.
    let scores = [(10.0, 10.0), (5.0, 10.0), (6.0, 10.0)];
    let class = class(|category| (category.drop_lowest, category.drop_highest) = (2, 1), &scores);
    assert_eq!(class.current(), Some(100.0));
    let trace = &class.grade().trace.current_grade.whole.categories[0];
    assert_eq!((trace.dropped_lowest, trace.dropped_highest), (2, 0));
}

#[test]
fn without_points_scores_are_compared() {
    // 3, 1, 2 without points, 10/20 elsewhere: (10 + 3 + 2)/20
    let class = lowest(1, &[(3.0, 0.0), (1.0, 0.0), (2.0, 0.0)]).category(2, |_| ()).scored(9, 2, 10.0, 20.0);
    assert_eq!((class.current(), class.verdict(1)), (Some(75.0), Verdict::DroppedLowest));
    assert_eq!(class.grade().categories[0].current_grade, None);
}

#[test]
fn a_drop_never_takes_a_groups_last_points() {
    // Of 5/0, 8/10 and 3/10 only one stays; 5/0 alone would be no grade at all.
    let class = lowest(2, &[(5.0, 0.0), (8.0, 10.0), (3.0, 10.0)]);
    assert_eq!(class.current(), Some(80.0));
}

#[test]
fn extra_credit_is_kept_as_it_only_helps() {
    // Of 5/0, 8/10 and 3/10 two stay: (5 + 8)/10
    assert_eq!(lowest(1, &[(5.0, 0.0), (8.0, 10.0), (3.0, 10.0)]).current(), Some(130.0));
}

#[test]
fn ungraded_work_takes_a_drop_in_the_final_grade_only() {
    // Current: 4/10 and 9/10, one dropped. Final: 0/10, 4/10 and 9/10, one dropped: 13/20.
    let class = lowest(1, &[(4.0, 10.0), (9.0, 10.0)]).item(9, 1, 10.0);
    assert_eq!(class.both(), (Some(90.0), Some(65.0)));
    let trace = class.grade().trace;
    assert_eq!(part(&trace.current_grade.whole, 9).verdict, Verdict::NotGraded);
    assert_eq!(part(&trace.final_grade.whole, 9).verdict, Verdict::DroppedLowest);
}

#[test]
fn each_group_drops_by_its_own_rule() {
    // 9/10 * 50 + (2 + 4)/20 * 50 = 45 + 15
    let class =
        Class::by_percent().weighted(1, 50).weighted(2, 50).change(1, |category| category.drop_lowest = 1);
    let class = class.scored(11, 1, 9.0, 10.0).scored(12, 1, 1.0, 10.0);
    assert_eq!(class.scored(21, 2, 2.0, 10.0).scored(22, 2, 4.0, 10.0).current(), Some(60.0));
}
