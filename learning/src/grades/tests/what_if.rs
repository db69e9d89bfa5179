//! Hypothetical scores.

use super::class::{Class, LATER, id, part};
use crate::grades::{Change, Hypothetical, Verdict, WhatIfError, grade_student, what_if};

/// Category 1: 8/10 and an ungraded item; category 2: 5/10.
fn class() -> Class {
    let class = Class::by_percent().weighted(1, 50).weighted(2, 50).student(2);
    let class = class.scored(11, 1, 8.0, 10.0).item(12, 1, 10.0).scored(21, 2, 5.0, 10.0);
    class.score(2, 11, Some(3.0))
}

fn score(item: usize, given: Option<f64>) -> Hypothetical {
    Hypothetical { line_item: id(item), given, excused: false }
}

#[test]
fn a_hypothetical_score_counts_like_a_real_one() {
    // Now 0.8 and 0.5: 65. With 10/10 more, 0.9 and 0.5: 70, which a real score gives as well.
    let answer = what_if(&class().open(), id(1), LATER, &[score(12, Some(10.0))]).unwrap();
    assert_eq!(answer.actual.current_grade.percent, Some(65.0));
    assert_eq!(answer.hypothetical.current_grade.percent, Some(70.0));
    assert_eq!(class().score(1, 12, Some(10.0)).current(), Some(70.0));
    let change =
        Change { line_item: id(12), from: None, from_excused: false, to: Some(10.0), to_excused: false };
    assert_eq!(answer.changes, [change]);
}

#[test]
fn nothing_else_changes() {
    let book = class().open();
    let answer = what_if(&book, id(1), LATER, &[score(12, Some(10.0))]).unwrap();
    assert_eq!(answer.hypothetical.categories[1], answer.actual.categories[1]);
    assert_eq!(Some(&answer.actual), grade_student(&book, id(1), LATER).as_ref());
    assert_eq!(grade_student(&book, id(2), LATER), grade_student(&class().open(), id(2), LATER));
    let idle = what_if(&book, id(1), LATER, &[]).unwrap();
    assert_eq!((&idle.hypothetical, idle.changes.len()), (&idle.actual, 0));
}

#[test]
fn the_trace_tells_hypothetical_scores_from_real_ones() {
    let hypothetical = [score(11, None), Hypothetical { excused: true, ..score(21, None) }];
    let answer = what_if(&class().open(), id(1), LATER, &hypothetical).unwrap();
    let whole = &answer.hypothetical.trace.current_grade.whole;
    assert_eq!((part(whole, 11).verdict, part(whole, 21).verdict), (Verdict::NotGraded, Verdict::Excused));
    assert!(part(whole, 11).hypothetical && part(whole, 11).entry.is_none() && !part(whole, 12).hypothetical);
    assert_eq!((answer.changes[0].from, answer.changes[0].to), (Some(8.0), None));
    assert_eq!(answer.hypothetical.current_grade.percent, None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let ask =
        |student, scores: &[Hypothetical]| what_if(&class().open(), id(student), LATER, scores).unwrap_err();
    assert_eq!(ask(7, &[]), WhatIfError::UnknownStudent);
    assert_eq!(ask(1, &[score(99, None)]), WhatIfError::UnknownLineItem(id(99)));
    assert_eq!(ask(1, &[score(11, None), score(11, None)]), WhatIfError::Repeated(id(11)));
    assert_eq!(ask(1, &[score(11, Some(f64::NAN))]), WhatIfError::ScoreOutOfRange(id(11)));
    assert_eq!(WhatIfError::UnknownStudent.code(), "unknown_student");
}
