//! Grades by the rules of Moodle: a tree of categories, each of which aggregates its parts' values, normalised to 0..1.
//!
//! Line items run from 0 to their points, and a score beyond is taken to the nearer end. A category's value, too, stays
//! between 0 and 1, so extra credit fills up and never overflows. Every aggregation is told as weights, one for each
//! part; a part's contribution to the grade is its value times the weights on the way up to the root.

mod aggregation;
mod limit;
mod natural;

pub(super) use natural::{NaturalPart, NaturalSetup};

use super::gradebook::{CategoryNode, Gradebook, Held};
use super::{Basis, CategoryTrace, Part, PartTrace, Verdict, WHOLE_PPM, Workings, rounding};
use aggregation::Value;

/// What a category comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// A value of 0..1 of so many points.
    Graded { value: f64, max: f64 },
    /// Nothing is graded yet.
    Ungraded,
    /// There is nothing to grade.
    Empty,
}

/// The grade of one student, over all line items or those of one period.
pub(super) fn work_out(book: &Gradebook, held: &[Held], basis: Basis, period: Option<usize>) -> Workings {
    let nodes = book.categories();
    let mut outcomes = vec![Outcome::Empty; nodes.len()];
    let mut traces: Vec<CategoryTrace> = nodes.iter().map(blank).collect();
    for slot in book.upward() {
        let parts = gather(book, &nodes[*slot], &outcomes, held, basis, period);
        outcomes[*slot] = parts.close(&nodes[*slot], basis, &mut traces[*slot]);
    }
    share_out(book, &mut traces);
    let root =
        nodes.iter().position(|node| node.parent.is_none()).map(|slot| (outcomes[slot], &traces[slot]));
    let (unrounded, score, possible) = match root {
        Some((Outcome::Graded { value, .. }, trace)) => (Some(value * 100.0), trace.score, trace.possible),
        _ => (None, 0.0, 0.0),
    };
    let percent = unrounded.and_then(rounding::percent);
    Workings { categories: traces, score, possible, full_weight: None, scale: 1.0, unrounded, percent }
}

fn blank(node: &CategoryNode) -> CategoryTrace {
    CategoryTrace {
        category: node.category.id,
        parent: node.category.parent,
        score: 0.0,
        possible: 0.0,
        percent: None,
        weight: if node.parent.is_none() { 1.0 } else { 0.0 },
        contribution: 0.0,
        dropped_lowest: 0,
        dropped_highest: 0,
        parts: Vec::new(),
    }
}

/// From contributions to each category to contributions to the grade: parents before their children.
fn share_out(book: &Gradebook, traces: &mut [CategoryTrace]) {
    let nodes = book.categories();
    let mut shares: Vec<f64> =
        nodes.iter().map(|node| if node.parent.is_none() { 1.0 } else { 0.0 }).collect();
    for slot in book.upward().iter().rev() {
        let share = shares[*slot];
        for part in &mut traces[*slot].parts {
            part.contribution *= share;
        }
        traces[*slot].contribution = traces[*slot].parts.iter().map(|part| part.contribution).sum();
        let children = &nodes[*slot].children;
        let first = traces[*slot].parts.len() - children.len();
        for (nth, child) in children.iter().enumerate() {
            let weight = traces[*slot].parts[first + nth].weight;
            traces[*child].weight = weight;
            shares[*child] = share * weight;
        }
    }
}

/// The parts of a category, and the values of those that count.
struct Parts {
    parts: Vec<PartTrace>,
    /// Parallel to `values`: places in `parts`.
    counted: Vec<usize>,
    values: Vec<Value>,
}

/// Line items first, then the categories inside.
fn gather(
    book: &Gradebook,
    node: &CategoryNode,
    outcomes: &[Outcome],
    held: &[Held],
    basis: Basis,
    period: Option<usize>,
) -> Parts {
    let category = &node.category;
    let as_zero = basis == Basis::Final || !category.only_graded;
    let knows_extra = category.aggregation.knows_extra_credit();
    let mut gathered = Parts { parts: Vec::new(), counted: Vec::new(), values: Vec::new() };
    let natural = |nth: usize| node.natural.as_ref().map(|setup| setup.weights[nth]).unwrap_or_default();
    for (nth, slot) in node.items.iter().enumerate() {
        let placed = &book.line_items()[*slot];
        if period.is_some() && placed.period != period {
            continue;
        }
        let item = &placed.item;
        let Held { given, entry, hypothetical, .. } = held[*slot];
        let max = item.points_possible;
        let verdict = match Verdict::of(item, held[*slot], as_zero) {
            verdict if verdict.counts() && max <= 0.0 => Verdict::NoPoints,
            verdict => verdict,
        };
        let score = given.unwrap_or(0.0).clamp(0.0, max);
        let extra_credit = knows_extra && item.extra_credit;
        let value = Value {
            value: if max > 0.0 { score / max } else { 0.0 },
            max,
            coefficient: coefficient(item.weight_ppm),
            extra_credit,
            natural: natural(nth),
        };
        let trace = PartTrace { given, entry, hypothetical, ..part(Part::LineItem(item.id), verdict, max) };
        gathered.push(trace, value);
    }
    for (nth, child) in node.children.iter().enumerate() {
        let inner = &book.categories()[*child];
        let (verdict, value, max) = match outcomes[*child] {
            Outcome::Graded { value, max } => (Verdict::Counted, value, max),
            Outcome::Ungraded if as_zero => (Verdict::CountedAsZero, 0.0, inner.worth),
            Outcome::Ungraded => (Verdict::NotGraded, 0.0, inner.worth),
            Outcome::Empty => (Verdict::Empty, 0.0, inner.worth),
        };
        let given = (verdict == Verdict::Counted).then_some(value * max);
        let value = Value {
            value,
            max,
            coefficient: coefficient(inner.category.weight_ppm),
            extra_credit: knows_extra && inner.category.extra_credit,
            natural: natural(node.items.len() + nth),
        };
        let trace = PartTrace { given, ..part(Part::Category(inner.category.id), verdict, max) };
        gathered.push(trace, value);
    }
    gathered
}

fn coefficient(ppm: Option<i64>) -> f64 {
    ppm.map_or(1.0, |ppm| ppm as f64 / WHOLE_PPM as f64)
}

fn part(part: Part, verdict: Verdict, possible: f64) -> PartTrace {
    PartTrace {
        part,
        verdict,
        given: None,
        score: 0.0,
        possible,
        weight: 0.0,
        contribution: 0.0,
        entry: None,
        hypothetical: false,
    }
}

impl Parts {
    fn push(&mut self, mut part: PartTrace, value: Value) {
        if part.verdict.counts() {
            if value.extra_credit && part.verdict == Verdict::Counted {
                part.verdict = Verdict::ExtraCredit;
            }
            self.counted.push(self.parts.len());
            self.values.push(value);
        }
        self.parts.push(part);
    }

    /// Drops, aggregates, and tells it in `trace`; contributions are to this category as yet.
    fn close(mut self, node: &CategoryNode, basis: Basis, trace: &mut CategoryTrace) -> Outcome {
        let graded = |part: &PartTrace| matches!(part.verdict, Verdict::Counted | Verdict::ExtraCredit);
        let any_graded = self.parts.iter().any(graded);
        let limits_apply = node.natural.as_ref().is_none_or(|setup| setup.limits_apply);
        if limits_apply {
            self.limit(node);
        }
        let aggregate = aggregation::aggregate(node.category.aggregation, &self.values);
        let weights = aggregate.iter().flat_map(|aggregate| &aggregate.weights);
        for ((at, value), weight) in self.counted.iter().zip(&self.values).zip(weights) {
            let part = &mut self.parts[*at];
            part.score = value.value * value.max;
            part.weight = *weight;
            part.contribution = weight * value.value * 100.0;
        }
        let outcome = match aggregate {
            Some(aggregate) if any_graded || basis == Basis::Final => Outcome::Graded {
                value: aggregate.value.clamp(0.0, 1.0),
                max: aggregate.max.unwrap_or(node.category.max_points),
            },
            Some(_) => Outcome::Ungraded,
            None if self.parts.iter().any(|part| part.verdict == Verdict::NotGraded) => Outcome::Ungraded,
            None => Outcome::Empty,
        };
        if let Outcome::Graded { value, max } = outcome {
            trace.score = value * max;
            trace.possible = max;
            trace.percent = rounding::percent(value * 100.0);
        }
        trace.dropped_lowest =
            self.parts.iter().filter(|part| part.verdict == Verdict::DroppedLowest).count();
        trace.parts = self.parts;
        outcome
    }

    fn limit(&mut self, node: &CategoryNode) {
        let verdicts = limit::left_out(&self.values, node.category.drop_lowest, node.category.keep_highest);
        for (at, verdict) in self.counted.iter().zip(&verdicts) {
            if let Some(verdict) = verdict {
                self.parts[*at].verdict = *verdict;
            }
        }
        let parts = &self.parts;
        let stays = |at: &usize| parts[*at].verdict.counts();
        let kept = self.counted.iter().zip(&self.values).filter(|(at, _)| stays(at));
        self.values = kept.map(|(_, value)| *value).collect();
        self.counted.retain(stays);
    }
}
