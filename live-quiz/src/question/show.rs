//! What is shown of a question: the announcement, the open question, and after it the solution.

use protocol::quiz::{ChoiceOption, Question, QuestionKind, QuestionTeaser, QuestionView, Solution};
use rand::{RngCore, seq::SliceRandom};

/// The announcement of the question at `index` of `of`.
#[must_use]
pub fn teaser(question: &Question, index: usize, of: usize) -> QuestionTeaser {
    QuestionTeaser {
        index,
        of,
        kind: question.kind.name(),
        prompt: question.prompt.clone(),
        image: question.image.clone(),
        points: question.points,
    }
}

/// The open question. `permutation[shown] = item` orders the items of an ordering question.
#[must_use]
pub fn view(question: &Question, index: usize, of: usize, permutation: &[usize]) -> QuestionView {
    let options = match &question.kind {
        QuestionKind::SingleChoice { options, .. }
        | QuestionKind::MultipleChoice { options, .. }
        | QuestionKind::Poll { options } => Some(options.clone()),
        QuestionKind::Ordering { items } => Some(
            permutation
                .iter()
                .filter_map(|item| items.get(*item))
                .map(|text| ChoiceOption { text: text.clone(), image: None })
                .collect(),
        ),
        QuestionKind::TrueFalse { .. } | QuestionKind::Typed { .. } | QuestionKind::Numeric { .. } => None,
    };
    let unit = match &question.kind {
        QuestionKind::Numeric { unit, .. } if !unit.is_empty() => Some(unit.clone()),
        _ => None,
    };
    QuestionView {
        teaser: teaser(question, index, of),
        time_limit_ms: u64::from(question.time_limit_s) * 1_000,
        options,
        unit,
    }
}

/// A random order for the items of an ordering question, empty for other kinds.
///
/// The items are sorted before they are shuffled: what is shown then depends on the items and the generator alone,
/// so nothing about the right order can be read from it.
pub fn shuffle(kind: &QuestionKind, rng: &mut dyn RngCore) -> Vec<usize> {
    let QuestionKind::Ordering { items } = kind else {
        return Vec::new();
    };
    let mut permutation: Vec<usize> = (0..items.len()).collect();
    permutation.sort_by_key(|item| &items[*item]);
    permutation.shuffle(rng);
    permutation
}

/// The right answer in terms of what was shown.
#[must_use]
pub fn solution(kind: &QuestionKind, permutation: &[usize]) -> Solution {
    let nothing = Solution::default();
    match kind {
        QuestionKind::SingleChoice { correct, .. } => Solution { choices: Some(vec![*correct]), ..nothing },
        QuestionKind::MultipleChoice { correct, .. } => {
            Solution { choices: Some(correct.clone()), ..nothing }
        }
        QuestionKind::TrueFalse { correct } => {
            Solution { choices: Some(vec![usize::from(!*correct)]), ..nothing }
        }
        QuestionKind::Typed { accepted, .. } => Solution { accepted: Some(accepted.clone()), ..nothing },
        QuestionKind::Numeric { value, tolerance, .. } => {
            Solution { number: Some(*value), tolerance: Some(*tolerance), ..nothing }
        }
        QuestionKind::Ordering { items } => {
            let order =
                (0..items.len()).filter_map(|item| permutation.iter().position(|shown| *shown == item));
            Solution { order: Some(order.collect()), ..nothing }
        }
        QuestionKind::Poll { .. } => nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::grade;
    use protocol::quiz::AnswerValue;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn the_order_of_the_solution_is_graded_as_right() {
        let kind = QuestionKind::Ordering { items: ["d", "a", "c", "b"].map(str::to_owned).to_vec() };
        for seed in 0..50 {
            let permutation = shuffle(&kind, &mut StdRng::seed_from_u64(seed));
            let order = solution(&kind, &permutation).order.expect("ordering has an order");
            assert_eq!(grade(&kind, Some(&AnswerValue::Order(order)), &permutation).correct, Some(true));
        }
    }

    #[test]
    fn the_shown_order_does_not_depend_on_the_right_one() {
        let shown = |items: [&str; 4]| {
            let kind = QuestionKind::Ordering { items: items.map(str::to_owned).to_vec() };
            let permutation = shuffle(&kind, &mut StdRng::seed_from_u64(5));
            permutation.iter().map(|i| items[*i].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown(["a", "b", "c", "d"]), shown(["d", "b", "a", "c"]));
    }
}
