//! What can be played. One file per scenario, all of one shape: the flags, and `run` from a stage to an outcome.

mod across;
mod burst;
mod chat;
mod fanout;
mod growth;
mod handshake;
mod hundred_thousand;
mod idle;
mod latency;
mod quiz;
mod reconnect;
mod records;
mod rooms;
mod rooms_across;
mod siege;
mod slow;

use crate::{outcome::Outcome, stage::Stage};
use clap::Subcommand;
use serde::Serialize;

/// The scenarios and their flags.
#[derive(Clone, Debug, Subcommand, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// One publisher, many subscribers: CPU per delivery, latency, loss
    Fanout(fanout::Fanout),
    /// Many small rooms that all speak
    Rooms(rooms::Rooms),
    /// From one node to another over Redis, at a chosen load
    Across(across::Across),
    /// Small rooms whose members sit at several nodes, over Redis
    RoomsAcross(rooms_across::RoomsAcross),
    /// Connections that only stay, over several nodes, then a message to all of them
    HundredThousand(hundred_thousand::HundredThousand),
    /// Several messages for each connection at the same moment: what joining them saves
    Burst(burst::Burst),
    /// Connections that only stay: memory and CPU per connection
    Idle(idle::Idle),
    /// New connections: handshake, token, connect, subscribe
    Handshake(handshake::Handshake),
    /// A channel at a chosen load of the server
    Latency(latency::LatencyAtLoad),
    /// Readers that stall, beside readers that do not
    Slow(slow::Slow),
    /// Thousands of attackers that hold sockets and do nothing useful, beside an honest audience
    Siege(siege::Siege),
    /// Everybody is cut off and comes back, and gets what was missed
    Reconnect(reconnect::Reconnect),
    /// A series of fan-outs over channels and connections
    Growth(growth::Growth),
    /// One quiz with thousands of players
    Quiz(quiz::Quiz),
    /// Conversations whose members write: from sent to read, kept in Postgres in between
    Chat(chat::Chat),
    /// The HTTP API over a Postgres with more than a million answers
    Records(records::Records),
}

impl Scenario {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fanout(_) => "fanout",
            Self::Rooms(_) => "rooms",
            Self::Across(_) => "across",
            Self::RoomsAcross(_) => "rooms-across",
            Self::HundredThousand(_) => "hundred-thousand",
            Self::Burst(_) => "burst",
            Self::Idle(_) => "idle",
            Self::Handshake(_) => "handshake",
            Self::Latency(_) => "latency",
            Self::Slow(_) => "slow",
            Self::Siege(_) => "siege",
            Self::Reconnect(_) => "reconnect",
            Self::Growth(_) => "growth",
            Self::Quiz(_) => "quiz",
            Self::Chat(_) => "chat",
            Self::Records(_) => "records",
        }
    }

    /// Its flags, as they are in effect.
    pub fn parameters(&self) -> serde_json::Value {
        let tagged = serde_json::to_value(self).unwrap_or_default();
        tagged.as_object().and_then(|object| object.values().next().cloned()).unwrap_or_default()
    }

    /// Plays it once.
    pub fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        match self {
            Self::Fanout(scenario) => scenario.run(stage),
            Self::Rooms(scenario) => scenario.run(stage),
            Self::Across(scenario) => scenario.run(stage),
            Self::RoomsAcross(scenario) => scenario.run(stage),
            Self::HundredThousand(scenario) => scenario.run(stage),
            Self::Burst(scenario) => scenario.run(stage),
            Self::Idle(scenario) => scenario.run(stage),
            Self::Handshake(scenario) => scenario.run(stage),
            Self::Latency(scenario) => scenario.run(stage),
            Self::Slow(scenario) => scenario.run(stage),
            Self::Siege(scenario) => scenario.run(stage),
            Self::Reconnect(scenario) => scenario.run(stage),
            Self::Growth(scenario) => scenario.run(stage),
            Self::Quiz(scenario) => scenario.run(stage),
            Self::Chat(scenario) => scenario.run(stage),
            Self::Records(scenario) => scenario.run(stage),
        }
    }
}

/// Seconds as flags give them.
fn seconds(seconds: f64) -> std::time::Duration {
    std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
