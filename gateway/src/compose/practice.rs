//! Practice and the live quiz, who never know each other: one lends its questions' meaning, and its finished games are
//! learned from.

use learning::service::practice::{Practice, QuestionRules};
use live_quiz::question;
use protocol::quiz::{AnswerValue, Question, QuestionKind, QuestionView, Solution};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Between two looks for games that other nodes finished, or that failed before.
const LOOK: Duration = Duration::from_secs(60);
/// After a game has finished here.
const SOON: Duration = Duration::from_secs(2);

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

/// Learns from games at the start, whenever one of this node is finished, soon after that again, because what is kept of it
/// may be on its way, and every minute.
pub(super) async fn learn_from_games(practice: Arc<Practice>, mut finished: watch::Receiver<u64>) {
    let mut pause = LOOK;
    loop {
        practice.learn_from_games().await;
        pause = match tokio::time::timeout(pause, finished.changed()).await {
            Ok(Ok(())) => SOON,
            Ok(Err(_)) => return,
            Err(_) => LOOK,
        };
    }
}
