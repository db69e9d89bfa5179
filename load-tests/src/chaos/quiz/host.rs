//! A teacher: leads the game from the lobby to its end, and after any break goes on where the game stands.

use super::{
    super::client::{Event, Mind, Speech},
    Frame, History, State, id_of,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const STATE: u32 = 1;
const STEP: u32 = 2;
/// Between what happens and what the teacher does about it.
const PAUSE: Duration = Duration::from_millis(100);
/// The teacher looks at the game at least so often.
const LOOK: Duration = Duration::from_secs(1);

/// The teacher.
pub(crate) struct Host {
    game: String,
    pub(super) history: History,
    begin: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    look_at: Option<Instant>,
}

impl Host {
    pub(super) fn new(game: &str, begin: Arc<AtomicBool>, over: Arc<AtomicBool>) -> Self {
        // Of the hosts' own channel, where only the latest matters, nothing is written down.
        Self { game: game.to_owned(), history: History::new(1), begin, over, look_at: None }
    }

    fn call(&self, tag: u32, verb: &str, more: Value, speech: &mut Speech) {
        let mut data = more;
        data["game"] = Value::from(self.game.as_str());
        speech.call(tag, &format!("quiz.{verb}"), data.to_string());
    }

    /// Does what the phase asks for. The phase's number goes along: a step that was taken is not taken twice.
    fn lead(&mut self, at: Instant, state: &State<'_>, speech: &mut Speech) {
        let step = json!({"seq":state.phase_seq});
        match &*state.phase {
            "lobby" if self.begin.load(Ordering::Relaxed) => self.call(STEP, "next", step, speech),
            "reveal" | "board" => self.call(STEP, "next", step, speech),
            "podium" => self.call(STEP, "end", json!({}), speech),
            "ended" => self.over.store(true, Ordering::Relaxed),
            "lobby" => self.look_at = Some(at + PAUSE),
            _ => {}
        }
    }
}

impl Mind for Host {
    fn heard(&mut self, at: Instant, event: Event<'_>, speech: &mut Speech) {
        self.history.note(at, &event, id_of);
        match event {
            Event::Joined { channel: 0, .. } => self.look_at = Some(at),
            Event::Published { channel: 0, data, .. } => {
                let frame = serde_json::from_str::<Frame<'_>>(data);
                if frame.is_ok_and(|frame| matches!(&*frame.kind, "reveal" | "board" | "podium" | "ended")) {
                    self.look_at = Some(at + PAUSE);
                }
            }
            Event::Answered { tag: STATE, result: Ok(state) } => {
                self.look_at = Some(at + LOOK);
                if let Ok(state) = serde_json::from_str(state) {
                    self.lead(at, &state, speech);
                }
            }
            Event::Answered { result: Err(_), .. } => self.look_at = Some(at + PAUSE),
            Event::Cut => self.look_at = None,
            _ => {}
        }
    }

    fn wake(&mut self, now: Instant, speech: &mut Speech) {
        if self.look_at.is_some_and(|at| at <= now) {
            self.look_at = Some(now + LOOK);
            if !self.over.load(Ordering::Relaxed) {
                self.call(STATE, "state", json!({}), speech);
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        self.look_at
    }
}
