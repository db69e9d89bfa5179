//! A figure, not a promise of every machine: run it alone, in release. docs/PERFORMANCE.md says what it came to.

use super::class::{Class, LATER, id};
use crate::grades::{Aggregation, grade_class};
use protocol::ids::PersonId;
use std::time::{Duration, Instant};

/// 200 students, 60 items in six categories with drop rules, two scores for each item and student.
fn large(mut class: Class, first: usize) -> Class {
    class.students = (1..=200).map(id::<PersonId>).collect();
    for item in 0..60 {
        class = class.item(1_000 + item, first + item % 6, [10.0, 20.0, 50.0, 100.0][item % 4]);
    }
    for (nth, round) in (0..24_000).zip([0.4, 0.9].into_iter().cycle()) {
        let (student, item) = (nth / 2 % 200 + 1, nth / 400);
        let given = f64::from(u32::try_from(nth * 7_919 % 11).unwrap()) * round;
        class = class.score_at(student, 1_000 + item, Some(given), i64::from(round > 0.5));
    }
    class
}

/// The middle one of a hundred, grading alone; and beside it, what it takes to check and index the entries before.
#[expect(clippy::print_stdout, reason = "a figure")]
fn took(rules: &str, class: &Class) -> Duration {
    let run = || {
        let start = Instant::now();
        let book = class.open();
        let opened = start.elapsed();
        assert_eq!(grade_class(&book, LATER).len(), 200);
        (opened, start.elapsed() - opened)
    };
    let (mut opened, mut graded): (Vec<Duration>, Vec<Duration>) = (0..100).map(|_| run()).unzip();
    opened.sort_unstable();
    graded.sort_unstable();
    println!(
        "200 x 60 by {rules}: graded p50 {:?}, p95 {:?}; opened p50 {:?}",
        graded[50], graded[95], opened[50]
    );
    graded[50]
}

#[test]
#[ignore = "a figure of the release build: cargo test --release -p schoolbell-learning -- --ignored --nocapture of_200"]
fn a_class_of_200_students_and_60_items_is_graded_within_20_ms_by_canvas_rules() {
    let categories = (1..=6).fold(Class::by_percent(), |class, number| {
        class
            .weighted(number, 20)
            .change(number, |category| (category.drop_lowest, category.drop_highest) = (2, 1))
    });
    let took = took("Canvas's rules", &large(categories, 1));
    assert!(took < Duration::from_millis(20), "took {took:?}");
}

#[test]
#[ignore = "a figure of the release build: cargo test --release -p schoolbell-learning -- --ignored --nocapture of_200"]
fn a_class_of_200_students_and_60_items_is_graded_within_20_ms_by_moodle_rules() {
    let categories = (2..=7).fold(Class::moodle(Aggregation::WeightedMean), |class, number| {
        class.category(number, |category| {
            (category.parent, category.aggregation) = (Some(id(1)), Aggregation::SimpleWeightedMean);
            category.drop_lowest = 2;
        })
    });
    let took = took("Moodle's rules", &large(categories, 2));
    assert!(took < Duration::from_millis(20), "took {took:?}");
}
