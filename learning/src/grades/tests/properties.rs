//! What holds for every gradebook.

use super::class::{Class, id};
use crate::grades::*;
use proptest::prelude::*;
use proptest::sample::select;

/// A line item with what the student has in it.
#[derive(Clone, Debug)]
struct Column {
    category: usize,
    quarters: u32,
    percent: Option<u32>,
    excused: bool,
    flag: u8,
    weight: Option<i64>,
    period: usize,
}

#[derive(Clone, Debug)]
struct Shape {
    rules: Rules,
    aggregations: Vec<Aggregation>,
    weights: Vec<i64>,
    drops: Vec<(u32, u32, u32)>,
    only_graded: bool,
    weighted_periods: bool,
    columns: Vec<Column>,
}

fn column() -> impl Strategy<Value = Column> {
    let percent = proptest::option::weighted(0.8, 0_u32..=100);
    let weight = proptest::option::weighted(0.3, 0_i64..1_200_000);
    (0_usize..3, 0_u32..400, percent, proptest::bool::weighted(0.1), 0_u8..12, weight, 0_usize..2).prop_map(
        |(category, quarters, percent, excused, flag, weight, period)| Column {
            category,
            quarters,
            percent,
            excused,
            flag,
            weight,
            period,
        },
    )
}

fn shape() -> impl Strategy<Value = Shape> {
    let rules = select(vec![
        Rules::Canvas { scheme: WeightScheme::Points },
        Rules::Canvas { scheme: WeightScheme::Percent },
        Rules::Moodle,
        Rules::Moodle,
    ]);
    let aggregation = select(vec![
        Aggregation::Mean,
        Aggregation::Median,
        Aggregation::Min,
        Aggregation::Max,
        Aggregation::Mode,
        Aggregation::WeightedMean,
        Aggregation::SimpleWeightedMean,
        Aggregation::ExtraCreditMean,
        Aggregation::Sum,
    ]);
    let drops = (0_u32..3, 0_u32..3, 0_u32..3);
    (
        rules,
        proptest::collection::vec(aggregation, 3),
        proptest::collection::vec(0_i64..400_000, 3),
        proptest::collection::vec(drops, 3),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(column(), 0..14),
    )
        .prop_map(|(rules, aggregations, weights, drops, only_graded, weighted_periods, columns)| {
            Shape { rules, aggregations, weights, drops, only_graded, weighted_periods, columns }
        })
}

fn build(shape: &Shape) -> Class {
    let mut class = Class::by_points().period(101, 30, 0, 10).period(102, 50, 10, 20);
    class.setup.policy.rules = shape.rules;
    class.setup.policy.periods.weighted = shape.weighted_periods;
    for (nth, aggregation) in shape.aggregations.iter().enumerate() {
        class = class.category(nth + 1, |category| {
            category.weight_ppm = Some(shape.weights[nth]);
            category.aggregation = *aggregation;
            category.only_graded = shape.only_graded;
            (category.drop_lowest, category.drop_highest, category.keep_highest) = shape.drops[nth];
            if shape.rules == Rules::Moodle && nth > 0 {
                category.parent = Some(id(nth));
                category.extra_credit = shape.weights[nth] % 5 == 0;
            }
        });
    }
    for (nth, column) in shape.columns.iter().enumerate() {
        let points = f64::from(column.quarters) / 4.0;
        class = class.item(10 + nth, column.category + 1, points).but(|item| {
            item.extra_credit = column.flag == 0;
            item.never_drop = column.flag == 1;
            item.hidden = column.flag == 2;
            item.omit_from_final = column.flag == 3;
            item.weight_ppm = column.weight;
            item.period = Some(id(101 + column.period));
        });
        let given = column.percent.map(|percent| points * f64::from(percent) / 100.0);
        class = class.entry(1, 10 + nth, |entry| {
            entry.given = given;
            entry.excused = column.excused;
            entry.scored_at = i64::try_from(nth).unwrap();
        });
    }
    class
}

fn parts(workings: &Workings) -> impl Iterator<Item = &PartTrace> {
    workings.categories.iter().flat_map(|category| &category.parts)
}

fn all_workings(grade: &StudentGrade) -> Vec<Workings> {
    let traces = [&grade.trace.current_grade, &grade.trace.final_grade];
    let of = |trace: &GradeTrace| {
        let periods = trace.periods.iter().map(|period| period.workings.clone());
        std::iter::once(trace.whole.clone()).chain(periods).collect::<Vec<_>>()
    };
    traces.into_iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn contributions_add_up_to_the_grade(shape in shape()) {
        let grade = build(&shape).grade();
        for workings in all_workings(&grade) {
            let items: f64 = parts(&workings).filter(|part| matches!(part.part, Part::LineItem(_))).map(|part| part.contribution).sum();
            let roots = workings.categories.iter().filter(|category| category.parent.is_none());
            let categories: f64 = roots.map(|category| category.contribution).sum();
            match workings.unrounded {
                Some(unrounded) => {
                    prop_assert!((items - unrounded).abs() < 1e-7, "{items} of {unrounded}");
                    prop_assert!((categories - unrounded).abs() < 1e-7);
                    prop_assert!((workings.percent.unwrap() - unrounded).abs() < 0.005_001);
                }
                None => prop_assert!(workings.percent.is_none()),
            }
        }
        for trace in [&grade.trace.current_grade, &grade.trace.final_grade] {
            if let (Combination::Periods { .. }, Some(unrounded)) = (trace.combination, trace.unrounded) {
                let sum: f64 = trace.periods.iter().map(|period| period.contribution).sum();
                prop_assert!((sum - unrounded).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn every_number_is_finite_and_no_grade_is_negative(shape in shape()) {
        let grade = build(&shape).grade();
        for workings in all_workings(&grade) {
            prop_assert!(workings.score.is_finite() && workings.possible.is_finite() && workings.scale.is_finite());
            prop_assert!(workings.percent.is_none_or(|percent| percent.is_finite() && percent >= 0.0));
            for part in parts(&workings) {
                prop_assert!(part.weight.is_finite() && part.contribution.is_finite() && part.score.is_finite());
                prop_assert!(part.verdict.counts() || (part.contribution == 0.0 && part.score == 0.0));
            }
        }
    }

    #[test]
    fn without_extra_credit_and_weights_above_100_no_grade_is_above_100(shape in shape()) {
        let mut class = build(&shape);
        for item in &mut class.setup.line_items {
            item.extra_credit = false;
        }
        // An item without points adds its score to a group as extra credit does.
        class.setup.line_items.iter_mut().filter(|item| item.points_possible == 0.0).for_each(|item| item.hidden = true);
        let of = |grade: StudentGrade| [grade.current_grade.percent, grade.final_grade.percent];
        let sum: i64 = shape.weights.iter().sum();
        if sum <= WHOLE_PPM || shape.rules == Rules::Moodle {
            for percent in of(class.grade()).into_iter().flatten() {
                prop_assert!(percent <= 100.0);
            }
        }
    }

    #[test]
    fn by_moodle_rules_no_grade_is_above_100_whatever_is_extra(shape in shape()) {
        let grade = build(&Shape { rules: Rules::Moodle, ..shape }).grade();
        for workings in all_workings(&grade) {
            prop_assert!(workings.percent.is_none_or(|percent| percent <= 100.0));
            prop_assert!(workings.categories.iter().all(|category| category.percent.is_none_or(|percent| percent <= 100.0)));
        }
    }

    #[test]
    fn what_is_scored_later_does_not_matter(shape in shape(), as_of in 0_i64..14) {
        let mut class = build(&shape);
        let then = class.grade_at(as_of);
        class.scores.retain(|score| score.scored_at <= as_of);
        prop_assert_eq!(then, class.grade_at(as_of));
    }

    #[test]
    fn the_order_of_entries_does_not_matter(shape in shape()) {
        let mut class = build(&shape);
        let forwards = class.grade();
        class.scores.reverse();
        prop_assert_eq!(forwards, class.grade());
    }

    #[test]
    fn laying_a_score_over_is_the_same_as_entering_it(shape in shape(), given in 0_u32..50) {
        let class = build(&shape);
        if class.setup.line_items.is_empty() {
            return Ok(());
        }
        let given = Some(f64::from(given));
        let over = Hypothetical { line_item: id(10), given, excused: false };
        let answer = what_if(&class.open(), id(1), 100, &[over]).unwrap().hypothetical;
        let entered = class.score_at(1, 10, given, 100).grade_at(100);
        prop_assert_eq!(answer.current_grade, entered.current_grade);
        prop_assert_eq!(answer.final_grade, entered.final_grade);
        prop_assert_eq!(answer.categories, entered.categories);
    }
}
