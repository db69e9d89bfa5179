//! Whether an answer fits its question, and what it is worth.

use crate::fold::{Strictness, fold};
use crate::score::{CHOICE_WORTH, FULL_WORTH, Graded};
use protocol::quiz::{AnswerValue, QuestionKind};

/// Longest typed answer, in characters.
pub const MAX_TYPED_CHARS: usize = 200;

/// The answer does not fit the question: another kind of value, or an index out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("send an answer that fits the question")]
pub struct AnswerError;

/// Whether `answer` fits a question of this `kind`. Looks only at what players can see, never at the solution.
///
/// # Errors
/// [`AnswerError`] for another kind of value, indices out of range or repeated, empty or very long texts, numbers that
/// are not finite.
pub fn accept(kind: &QuestionKind, answer: &AnswerValue) -> Result<(), AnswerError> {
    let fits = match (kind, answer) {
        (
            QuestionKind::SingleChoice { options, .. } | QuestionKind::Poll { options },
            AnswerValue::Choice(choice),
        ) => *choice < options.len(),
        (QuestionKind::TrueFalse { .. }, AnswerValue::Choice(choice)) => *choice < 2,
        (QuestionKind::MultipleChoice { options, .. }, AnswerValue::Choices(choices)) => {
            !choices.is_empty() && are_distinct_below(choices, options.len())
        }
        (QuestionKind::Typed { .. }, AnswerValue::Text(text)) => {
            !text.trim().is_empty() && text.chars().take(MAX_TYPED_CHARS + 1).count() <= MAX_TYPED_CHARS
        }
        (QuestionKind::Numeric { .. }, AnswerValue::Number(number)) => number.is_finite(),
        (QuestionKind::Ordering { items }, AnswerValue::Order(order)) => {
            order.len() == items.len() && are_distinct_below(order, items.len())
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(AnswerError) }
}

fn are_distinct_below(indices: &[usize], bound: usize) -> bool {
    indices.len() <= bound
        && indices.iter().enumerate().all(|(i, index)| *index < bound && !indices[..i].contains(index))
}

/// What an answer, or none, is worth. `permutation[shown] = item` tells how an ordering question was shuffled.
///
/// Multiple choice earns 500 per right choice, nothing with a wrong one, and is `correct` only if it is complete.
#[must_use]
pub fn grade(kind: &QuestionKind, answer: Option<&AnswerValue>, permutation: &[usize]) -> Graded {
    if matches!(kind, QuestionKind::Poll { .. }) {
        return Graded { correct: None, worth: 0 };
    }
    let Some(answer) = answer else {
        return whole(false);
    };
    match (kind, answer) {
        (QuestionKind::SingleChoice { correct, .. }, AnswerValue::Choice(choice)) => whole(choice == correct),
        (QuestionKind::TrueFalse { correct }, AnswerValue::Choice(choice)) => {
            whole((*choice == 0) == *correct)
        }
        (QuestionKind::MultipleChoice { correct, .. }, AnswerValue::Choices(choices)) => {
            if choices.iter().any(|choice| !correct.contains(choice)) {
                return whole(false);
            }
            // At most six options, checked when the quiz was saved.
            let right = u32::try_from(choices.len()).unwrap_or(0);
            Graded { correct: Some(choices.len() == correct.len()), worth: CHOICE_WORTH * right }
        }
        (QuestionKind::Typed { accepted, match_case, match_accents }, AnswerValue::Text(text)) => {
            let strict = Strictness { case: *match_case, accents: *match_accents };
            let given = fold(text, strict);
            whole(accepted.iter().any(|right| fold(right, strict) == given))
        }
        (QuestionKind::Numeric { value, tolerance, .. }, AnswerValue::Number(number)) => {
            // 0.1 + 0.2 is within 0 of 0.3 for a pupil: allow for the rounding of binary fractions.
            let rounding = value.abs().max(number.abs()) * 4.0 * f64::EPSILON;
            whole((number - value).abs() <= tolerance + rounding)
        }
        (QuestionKind::Ordering { .. }, AnswerValue::Order(order)) => {
            whole(order.iter().enumerate().all(|(place, shown)| permutation.get(*shown) == Some(&place)))
        }
        _ => whole(false),
    }
}

fn whole(correct: bool) -> Graded {
    Graded { correct: Some(correct), worth: if correct { FULL_WORTH } else { 0 } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::quiz::ChoiceOption;

    fn options(n: usize) -> Vec<ChoiceOption> {
        (0..n).map(|i| ChoiceOption { text: format!("option {i}"), image: None }).collect()
    }

    fn worth(kind: &QuestionKind, answer: &AnswerValue) -> (Option<bool>, u32) {
        let graded = grade(kind, Some(answer), &[2, 0, 1]);
        (graded.correct, graded.worth)
    }

    #[test]
    fn multiple_choice_pays_each_right_choice_and_nothing_with_a_wrong_one() {
        let kind = QuestionKind::MultipleChoice { options: options(4), correct: vec![0, 2] };
        assert_eq!(worth(&kind, &AnswerValue::Choices(vec![2, 0])), (Some(true), 1_000));
        assert_eq!(worth(&kind, &AnswerValue::Choices(vec![2])), (Some(false), 500));
        assert_eq!(worth(&kind, &AnswerValue::Choices(vec![0, 1, 2])), (Some(false), 0));
    }

    #[test]
    fn true_is_choice_0() {
        let kind = QuestionKind::TrueFalse { correct: false };
        assert_eq!(worth(&kind, &AnswerValue::Choice(1)).0, Some(true));
        assert_eq!(worth(&kind, &AnswerValue::Choice(0)).0, Some(false));
    }

    #[test]
    fn typed_answers_are_compared_as_the_author_wants() {
        let typed = |match_case, match_accents| QuestionKind::Typed {
            accepted: vec!["Zürich".into()],
            match_case,
            match_accents,
        };
        let says = |kind: &QuestionKind, text: &str| worth(kind, &AnswerValue::Text(text.into())).0;
        assert_eq!(says(&typed(false, false), " ZURICH "), Some(true));
        assert_eq!(says(&typed(false, true), "zurich"), Some(false));
        assert_eq!(says(&typed(true, false), "zurich"), Some(false));
        assert_eq!(says(&typed(true, true), "Zürich"), Some(true));
    }

    #[test]
    fn the_tolerance_is_inclusive() {
        let kind = QuestionKind::Numeric { value: 2.5, tolerance: 0.01, unit: String::new() };
        for (number, right) in [(2.51, true), (2.49, true), (2.52, false), (2.4899, false)] {
            assert_eq!(worth(&kind, &AnswerValue::Number(number)).0, Some(right), "{number}");
        }
        let exact = QuestionKind::Numeric { value: 0.3, tolerance: 0.0, unit: String::new() };
        assert_eq!(worth(&exact, &AnswerValue::Number(0.1 + 0.2)).0, Some(true));
    }

    #[test]
    fn an_order_is_right_when_it_undoes_the_shuffle() {
        let kind = QuestionKind::Ordering { items: vec!["a".into(), "b".into(), "c".into()] };
        // Shown are c, a, b.
        assert_eq!(worth(&kind, &AnswerValue::Order(vec![1, 2, 0])).0, Some(true));
        assert_eq!(worth(&kind, &AnswerValue::Order(vec![0, 1, 2])).0, Some(false));
    }

    #[test]
    fn no_answer_is_wrong_except_in_a_poll() {
        assert_eq!(grade(&QuestionKind::TrueFalse { correct: true }, None, &[]).correct, Some(false));
        assert_eq!(grade(&QuestionKind::Poll { options: options(2) }, None, &[]).correct, None);
    }

    #[test]
    fn answers_that_do_not_fit_are_refused() {
        let single = QuestionKind::SingleChoice { options: options(3), correct: 0 };
        let multiple = QuestionKind::MultipleChoice { options: options(3), correct: vec![0] };
        let typed =
            QuestionKind::Typed { accepted: vec!["x".into()], match_case: false, match_accents: false };
        let numeric = QuestionKind::Numeric { value: 1.0, tolerance: 0.0, unit: String::new() };
        let ordering = QuestionKind::Ordering { items: vec!["a".into(), "b".into(), "c".into()] };
        for (kind, answer) in [
            (&single, AnswerValue::Choice(3)),
            (&single, AnswerValue::Choices(vec![0])),
            (&multiple, AnswerValue::Choices(vec![])),
            (&multiple, AnswerValue::Choices(vec![1, 1])),
            (&multiple, AnswerValue::Choices(vec![0, 3])),
            (&typed, AnswerValue::Text(" ".into())),
            (&typed, AnswerValue::Text("x".repeat(201))),
            (&numeric, AnswerValue::Number(f64::NAN)),
            (&ordering, AnswerValue::Order(vec![0, 1])),
            (&ordering, AnswerValue::Order(vec![0, 1, 1])),
        ] {
            assert_eq!(accept(kind, &answer), Err(AnswerError), "{answer:?}");
        }
        assert_eq!(accept(&ordering, &AnswerValue::Order(vec![2, 0, 1])), Ok(()));
    }
}
