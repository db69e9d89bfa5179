//! Practice and the live quiz, who never know each other: one lends its questions' meaning, and its finished games are
//! learned from.

use learning::service::practice::{Practice, QuestionRules};
use live_quiz::{question, service::LiveQuiz};
use protocol::quiz::{AnswerValue, Question, QuestionKind, QuestionView, Solution};
use std::{sync::Arc, time::Duration};

/// Between two looks for games that other nodes finished, or that failed before.
const LOOK: Duration = Duration::from_secs(60);

/// Questions as the live quiz shows and grades them.
pub(super) struct LiveQuizRules;

impl QuestionRules for LiveQuizRules {
    fn shuffle(&self, kind: &QuestionKind) -> Vec<usize> {
        question::shuffle(kind, &mut rand::rng())
    }

    fn view(&self, asked: &Question, order: &[usize]) -> QuestionView {
        question::view(asked, 0, 1, order)
    }

    fn accepts(&self, kind: &QuestionKind, answer: &AnswerValue) -> bool {
        question::accept(kind, answer).is_ok()
    }

    fn is_right(&self, kind: &QuestionKind, answer: &AnswerValue, order: &[usize]) -> Option<bool> {
        question::grade(kind, Some(answer), order).correct
    }

    fn solution(&self, kind: &QuestionKind, order: &[usize]) -> Solution {
        question::solution(kind, order)
    }
}

/// Learns from games at the start, whenever one of this node is finished, and every minute.
pub(super) async fn learn_from_games(practice: Arc<Practice>, quiz: Arc<LiveQuiz>) {
    loop {
        practice.learn_from_games().await;
        // Whichever comes first.
        let _waited = tokio::time::timeout(LOOK, quiz.finished()).await;
    }
}
