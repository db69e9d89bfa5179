//! Conversations whose members write: each message is committed in Postgres before anybody hears of it.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::Outcome,
    peer::{Conversations, Needs, Peer},
    seating::Seating,
    stage::Stage,
};
use anyhow::{bail, ensure};
use clap::Args;
use serde::Serialize;

/// Flags of `chat`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Chat {
    /// Conversations
    #[arg(long, default_value_t = 1_200)]
    conversations: usize,
    /// Members of each, who write in turn
    #[arg(long, default_value_t = 5)]
    members: usize,
    /// Messages a second, over all conversations
    #[arg(long, default_value_t = 5_000.0)]
    rate: f64,
    /// Processes over one Redis: written at the first, read at the others; 1 is one by itself
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Seconds before
    #[arg(long, default_value_t = 5.0)]
    warmup: f64,
}

impl Chat {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        if stage.peer != Peer::Schoolbell {
            bail!("{} knows no chat", stage.peer);
        }
        ensure!(self.nodes > 0 && self.members > 0, "nodes and members must be above zero");
        let chat = Conversations { conversations: self.conversations, members: self.members };
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let rate = self.rate * self.members as f64;
        let plan = Plan {
            seating: Seating { channels: self.conversations, each: 1 },
            connections: chat.people(),
            rate,
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(self.warmup),
            length: seconds(self.seconds),
        };
        let across = self.nodes > 1;
        let needs = Needs {
            nodes: if across { self.nodes } else { 0 },
            apart: across,
            chat: Some(chat),
            ..Needs::default()
        };
        let mut broadcast = Broadcast::open_at(stage, plan, needs, |_| {})?;
        broadcast.publish_without_limit();
        let measured = broadcast.measure(stage)?;
        let mut outcome = broadcast.outcome(&measured);
        outcome.notes.push(
            "Postgres with fsync, Redis if there is one, and the generator share the core that the server does not have"
                .to_owned(),
        );
        Ok(outcome)
    }
}
