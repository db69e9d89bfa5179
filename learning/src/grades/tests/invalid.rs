//! What is refused, and where it says the mistake is.

use super::class::{Class, id};
use crate::grades::*;

fn class() -> Class {
    Class::by_points().category(1, |_| ()).scored(11, 1, 5.0, 10.0)
}

/// Code and field.
fn refused(class: &Class) -> (&'static str, &'static str) {
    let error = class.try_open().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(|first: char| first.is_lowercase()), "{text}");
    (error.code(), error.field())
}

#[test]
fn weights_must_be_in_range() {
    let weight = |ppm| class().change(1, |category| category.weight_ppm = Some(ppm));
    assert_eq!(refused(&weight(-1)), ("weight_out_of_range", "categories.weight_ppm"));
    assert_eq!(refused(&weight(MAX_WEIGHT_PPM + 1)), ("weight_out_of_range", "categories.weight_ppm"));
    assert!(weight(0).try_open().is_ok() && weight(MAX_WEIGHT_PPM).try_open().is_ok());
    let item = class().but(|item| item.weight_ppm = Some(-1));
    assert_eq!(refused(&item), ("weight_out_of_range", "line_items.weight_ppm"));
    assert_eq!(refused(&class().period(101, -1, 0, 1)), ("weight_out_of_range", "policy.periods.weight_ppm"));
}

#[test]
fn points_must_be_numbers_in_range() {
    for points in [-1.0, f64::NAN, f64::INFINITY, 2e6] {
        let item = class().but(|item| item.points_possible = points);
        assert_eq!(refused(&item), ("points_out_of_range", "line_items.points_possible"));
        let category = class().change(1, |category| category.max_points = points);
        assert_eq!(refused(&category), ("points_out_of_range", "categories.max_points"));
    }
    for given in [f64::NAN, f64::NEG_INFINITY, 2e6] {
        assert_eq!(refused(&class().score(1, 11, Some(given))), ("score_out_of_range", "scores.given"));
    }
}

#[test]
fn what_is_named_must_be_there() {
    assert_eq!(refused(&class().item(12, 7, 10.0)), ("unknown_category", "line_items.category"));
    let orphan = class().category(2, |category| category.parent = Some(id(7)));
    assert_eq!(refused(&orphan), ("unknown_category", "categories.parent"));
    assert_eq!(refused(&class().score(1, 99, None)), ("unknown_line_item", "scores.line_item"));
    assert_eq!(refused(&class().score(9, 11, None)), ("unknown_student", "scores.student"));
    let strange = class().but(|item| item.period = Some(id(101)));
    assert_eq!(refused(&strange), ("unknown_period", "line_items.period"));
    let mut only = class();
    only.setup.policy.only_period = Some(id(101));
    assert_eq!(refused(&only), ("unknown_only_period", "policy.only_period"));
}

#[test]
fn ids_are_there_once() {
    assert_eq!(refused(&class().category(1, |_| ())), ("duplicate", "categories.id"));
    assert_eq!(refused(&class().item(11, 1, 10.0)), ("duplicate", "line_items.id"));
    assert_eq!(refused(&class().student(1)), ("duplicate", "students"));
    assert_eq!(refused(&class().entry(1, 11, |entry| entry.id = id(1))), ("duplicate", "scores.id"));
    let periods = class().period(101, 1, 0, 1).period(101, 1, 1, 2);
    assert_eq!(refused(&periods), ("duplicate", "policy.periods.id"));
}

#[test]
fn categories_are_a_tree() {
    // 1 is a root, 2 and 3 are inside each other, 4 hangs on them.
    let inside =
        |class: Class, number, parent| class.category(number, |category| category.parent = Some(id(parent)));
    let circle = inside(inside(inside(Class::moodle(Aggregation::Sum), 2, 3), 3, 2), 4, 3);
    assert_eq!(refused(&circle), ("category_cycle", "categories.parent"));
    assert!(
        matches!(circle.try_open(), Err(GradebookError::CategoryCycle { category }) if category == id(2))
    );
    let itself = Class::by_points().category(1, |category| category.parent = Some(id(1)));
    assert_eq!(refused(&itself), ("category_cycle", "categories.parent"));
}

#[test]
fn each_engine_has_its_shape_of_tree() {
    let nested = class().category(2, |category| category.parent = Some(id(1)));
    assert_eq!(refused(&nested), ("nested_category", "categories.parent"));
    let two = Class::moodle(Aggregation::Sum).category(2, |_| ());
    assert_eq!(refused(&two), ("several_roots", "categories.parent"));
}

#[test]
fn periods_run_forwards_and_carry_weight() {
    assert_eq!(refused(&class().period(101, 1, 5, 5)), ("period_backwards", "policy.periods.ends_at"));
    let mut idle = class().period(101, 0, 0, 5);
    assert!(idle.try_open().is_ok());
    idle.setup.policy.periods.weighted = true;
    assert_eq!(refused(&idle), ("periods_without_weight", "policy.periods.weight_ppm"));
}

#[test]
fn a_gradebook_has_bounds() {
    let many = (0..=MAX_CATEGORIES).fold(Class::by_points(), |class, number| class.category(number, |_| ()));
    assert_eq!(refused(&many), ("too_many", "categories"));
}
