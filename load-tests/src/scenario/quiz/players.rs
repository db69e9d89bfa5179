//! Players and their host, as one handler: what each has seen, and who is to answer when.

use super::game::Game;
use crate::{
    dialect::{Dialect, Greeting, Hello},
    fleet::Handler,
};
use anyhow::{Context as _, bail};
use memchr::memmem;
use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

/// What one player saw of one question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// The question was there.
    pub(super) opened: Instant,
    /// The answer was to be sent.
    pub(super) due: Instant,
    /// The server said that it has the answer.
    pub(super) acknowledged: Instant,
    /// The player's own result was there.
    pub(super) resulted: Instant,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    opened: Option<Instant>,
    due: Option<Instant>,
    acknowledged: Option<Instant>,
    resulted: Option<Instant>,
}

#[derive(Debug, Default)]
struct Player {
    /// Replies that are missing until the player is seated.
    missing: usize,
    rounds: Vec<Seen>,
}

/// Everybody: the host has the first id.
pub(super) struct Hall {
    channels: [String; 2],
    tokens: Vec<String>,
    players: Vec<Player>,
    seated: usize,
    questions: usize,
    opened: Vec<usize>,
    answers: BinaryHeap<Reverse<(Instant, usize)>>,
    results: Vec<usize>,
    reveals: usize,
    failed: Option<String>,
}

impl Hall {
    /// Id of the host.
    pub(super) const HOST: usize = 0;

    /// Nobody seated yet.
    pub(super) fn new(game: &Game, players: Vec<String>, questions: usize) -> Self {
        let mut tokens = vec![game.host.clone()];
        tokens.extend(players);
        Self {
            channels: [format!("quiz:{}", game.id), format!("quiz-host:{}", game.id)],
            players: tokens.iter().map(|_| Player::default()).collect(),
            tokens,
            seated: 0,
            questions,
            opened: Vec::new(),
            answers: BinaryHeap::new(),
            results: vec![0; questions],
            reveals: 0,
            failed: None,
        }
    }

    /// Connections in all.
    pub(super) fn size(&self) -> usize {
        self.players.len()
    }

    /// Of these, ready to play.
    pub(super) fn seated(&self) -> usize {
        self.seated
    }

    /// Whether everything went well so far.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match &self.failed {
            Some(why) => bail!("the game failed: {why}"),
            None => Ok(()),
        }
    }

    /// Whether the solution is out and every player has a result.
    pub(super) fn is_complete(&self, question: usize) -> bool {
        self.reveals > question && self.results[question] == self.players.len() - 1
    }

    /// Where a question stands.
    pub(super) fn state(&self, question: usize) -> String {
        let players = self.players.len() - 1;
        format!("{} of {players} have a result, {} solutions are out", self.results[question], self.reveals)
    }

    /// Players to whom a question has opened since this was last asked.
    pub(super) fn newly_opened(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.opened)
    }

    /// Lets a player answer at a moment.
    pub(super) fn answer_at(&mut self, player: usize, due: Instant) {
        if let Some(seen) = self.players[player].rounds.last_mut() {
            seen.due = Some(due);
        }
        self.answers.push(Reverse((due, player)));
    }

    /// When the next answer is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.answers.peek().map(|Reverse((due, _))| *due)
    }

    /// A player whose answer is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<usize> {
        if self.next_due()? > now {
            return None;
        }
        self.answers.pop().map(|Reverse((_, player))| player)
    }

    /// What all players saw of a question.
    pub(super) fn rounds(&self, question: usize) -> anyhow::Result<Vec<Round>> {
        let round = |player: &Player| {
            let seen = player.rounds.get(question)?;
            let (opened, due) = (seen.opened?, seen.due?);
            Some(Round { opened, due, acknowledged: seen.acknowledged?, resulted: seen.resulted? })
        };
        let all: Option<Vec<Round>> = self.players.iter().skip(1).map(round).collect();
        all.context("a player missed a part of a question")
    }

    fn channels_of(&self, id: usize) -> &[String] {
        // Players hear the game; the host has a channel more.
        if id == Self::HOST { &self.channels } else { &self.channels[..1] }
    }

    fn take_seat(&mut self, id: usize, line: &[u8], out: &mut Vec<u8>) {
        let hello = Hello { token: None, channels: &[], position: None };
        match Dialect::Centrifuge.greeting(line, &hello, out) {
            Greeting::Other => {}
            Greeting::Accepted(_) => {
                self.players[id].missing -= 1;
                self.seated += usize::from(self.players[id].missing == 0);
            }
            Greeting::Refused(why) => self.failed = Some(why),
        }
    }

    fn hear(&mut self, id: usize, line: &[u8], at: Instant) {
        // Quotes within a JSON text are escaped: these words stand only where they mean what they say.
        let holds = |words: &[u8]| memmem::find(line, words).is_some();
        if line.starts_with(br#"{"id":"#) {
            if holds(br#""error":{"#) {
                self.failed = Some(String::from_utf8_lossy(line).into_owned());
            }
            if id != Self::HOST
                && let Some(seen) = self.players[id].rounds.last_mut()
            {
                seen.acknowledged = Some(at);
            }
        } else if holds(br#""type":"open""#) {
            if id != Self::HOST && self.players[id].rounds.len() < self.questions {
                self.players[id].rounds.push(Seen { opened: Some(at), ..Seen::default() });
                self.opened.push(id);
            }
        } else if holds(br#""type":"quiz.result""#) {
            let question = self.players[id].rounds.len().wrapping_sub(1);
            if let Some(seen) = self.players[id].rounds.last_mut()
                && seen.resulted.is_none()
            {
                seen.resulted = Some(at);
                self.results[question] += 1;
            }
        } else if id == Self::HOST && holds(br#""type":"reveal""#) {
            self.reveals += 1;
        }
    }
}

impl Handler for Hall {
    fn opened(&mut self, id: usize, out: &mut Vec<u8>) {
        let channels = self.channels_of(id);
        let missing = Dialect::Centrifuge.replies(channels.len());
        let hello = Hello { token: self.tokens.get(id).map(String::as_str), channels, position: None };
        Dialect::Centrifuge.hello(&hello, out);
        self.players[id].missing = missing;
    }

    fn message(&mut self, id: usize, payload: &[u8], at: Instant, out: &mut Vec<u8>) {
        Dialect::Centrifuge.answer_ping(payload, out);
        for line in payload.split(|byte| *byte == b'\n') {
            if self.players[id].missing > 0 {
                self.take_seat(id, line, out);
            } else {
                self.hear(id, line, at);
            }
        }
    }

    fn ended(&mut self, id: usize, why: &str) {
        self.failed = Some(format!("connection {id} ended: {why}"));
    }
}
