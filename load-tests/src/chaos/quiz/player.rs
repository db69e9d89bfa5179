//! A student: answers each question once, at a random moment, and sends an answer again until it is taken or refused.

use super::{
    super::client::{Event, Failure, Mind, Speech},
    Frame, History, OPTIONS, State, id_of,
};
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;
use std::time::{Duration, Instant};

/// Tag of a question about the state; the answer to a question has its index.
const STATE: u32 = u32::MAX;
/// Before something is tried again.
const AGAIN: Duration = Duration::from_millis(150);

/// An answer that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) question: usize,
    pub(crate) choice: usize,
    /// When it was to be sent.
    pub(crate) due: Instant,
    /// When the server said that it has it.
    pub(crate) acknowledged: Option<Instant>,
    /// The code with which it was refused for good.
    pub(crate) refused: Option<u32>,
}

/// The student.
pub(crate) struct Player {
    game: String,
    pub(super) history: History,
    pub(super) answers: Vec<Given>,
    within: Duration,
    dice: SmallRng,
    /// When an answer is to be sent, or sent again.
    send_at: Option<Instant>,
    ask_at: Option<Instant>,
}

impl Player {
    pub(super) fn new(game: &str, within: Duration, seed: u64) -> Self {
        Self {
            game: game.to_owned(),
            history: History::new(1),
            answers: Vec::new(),
            within,
            dice: SmallRng::seed_from_u64(seed),
            send_at: None,
            ask_at: None,
        }
    }

    /// Thinks about a question, once.
    fn opened(&mut self, now: Instant, question: usize) {
        if self.answers.iter().any(|given| given.question == question) {
            return;
        }
        let due = now + self.within.mul_f64(self.dice.random());
        let choice = self.dice.random_range(0..OPTIONS);
        self.answers.push(Given { question, choice, due, acknowledged: None, refused: None });
        self.send_at = Some(due);
    }

    fn pending(&mut self) -> Option<&mut Given> {
        self.answers.last_mut().filter(|given| given.acknowledged.is_none() && given.refused.is_none())
    }

    fn answered(&mut self, now: Instant, question: usize, result: Result<&str, Failure>) {
        let Some(given) = self.answers.iter_mut().find(|given| given.question == question) else { return };
        match result {
            Ok(_) => {
                given.acknowledged.get_or_insert(now);
            }
            // Paused since the host is away: it goes on.
            Err(failure) if failure.temporary || failure.code == 1007 => self.send_at = Some(now + AGAIN),
            Err(failure) => given.refused = Some(failure.code),
        }
    }

    fn ask(&self, speech: &mut Speech) {
        speech.call(STATE, "quiz.state", json!({"game":self.game}).to_string());
    }
}

impl Mind for Player {
    fn heard(&mut self, at: Instant, event: Event<'_>, speech: &mut Speech) {
        self.history.note(at, &event, id_of);
        match event {
            Event::Joined { .. } => {
                self.ask(speech);
                // The answer that was in flight goes first thing.
                if let Some(due) = self.pending().map(|given| given.due) {
                    self.send_at = Some(due.max(at));
                }
            }
            Event::Published { data, .. } => {
                if let Ok(Frame { kind, question: Some(question), .. }) = serde_json::from_str(data)
                    && kind == "open"
                {
                    self.opened(at, question.index);
                }
            }
            Event::Answered { tag: STATE, result: Ok(state) } => {
                if let Ok(State { phase, question: Some(question), .. }) = serde_json::from_str(state)
                    && phase == "open"
                {
                    self.opened(at, question.index);
                }
            }
            Event::Answered { tag: STATE, .. } => self.ask_at = Some(at + AGAIN),
            Event::Answered { tag, result } => self.answered(at, tag as usize, result),
            // Sent again once there is a connection.
            Event::Cut => (self.send_at, self.ask_at) = (None, None),
            Event::Left { .. } | Event::Personal => {}
        }
    }

    fn wake(&mut self, now: Instant, speech: &mut Speech) {
        if self.ask_at.take_if(|at| *at <= now).is_some() {
            self.ask(speech);
        }
        if self.send_at.take_if(|at| *at <= now).is_none() {
            return;
        }
        let game = self.game.clone();
        if let Some(Given { question, choice, .. }) = self.pending() {
            let data = json!({"game":game,"question":question,"op":format!("op-{question}"),"answer":{"choice":choice}});
            speech.call(u32::try_from(*question).unwrap_or(0), "quiz.answer", data.to_string());
        }
    }

    fn due(&self) -> Option<Instant> {
        [self.send_at, self.ask_at].into_iter().flatten().min()
    }
}
