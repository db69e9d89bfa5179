//! `batch`: many commands in one request.

use super::{
    Answer, Backend, Method, Params, Refusals,
    answer::{ApiError, bad_request, limit_exceeded},
    call::{Unreadable, parameters},
    channels::{Channels, History, HistoryRemove, Presence, PresenceStats},
    nodes::{Info, Rpc},
    publishing::{Broadcast, MAX_CHANNELS, Publish},
    users::{DisconnectUser, Refresh, Subscribe, Unsubscribe},
};
use futures_util::future::join_all;
use protocol::{ErrorBody, codes::error};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap as _};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// Commands of one batch.
const MAX_COMMANDS: usize = 1_000;
/// Commands of a batch that run at the same time when it is `parallel`.
const AT_ONCE: usize = 16;
/// Bytes of all results together; commands behind them are refused before they are done.
const RESULT_BYTES: usize = 32 << 20;

/// Commands.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Batch {
    /// 1 to 1,000, each an object with one field: the method's name with its parameters, as in
    /// `{"publish":{"channel":"news:a","data":1}}`.
    #[schema(value_type = Vec<Object>)]
    commands: Vec<BTreeMap<String, Box<RawValue>>>,
    /// Do not wait for a command before the next one begins.
    #[serde(default)]
    parallel: bool,
}

/// One reply per command, in the order of the commands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Replies {
    /// Each is `{"<method>":{…}}` with the method's result, or `{"error":{"code":…,"message":…}}`.
    #[schema(value_type = Vec<Object>)]
    replies: Vec<Reply>,
}

#[derive(Debug)]
struct Reply(Result<(&'static str, Box<RawValue>), ApiError>);

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match &self.0 {
            Ok((name, result)) => map.serialize_entry(name, result)?,
            Err(error) => map.serialize_entry("error", error)?,
        }
        map.end()
    }
}

macro_rules! commands {
    ($($name:literal => $Kind:ident,)+) => {
        /// A command of a batch with its parameters.
        enum Command {
            $($Kind($Kind),)+
        }

        impl Command {
            fn read(name: &str, params: &RawValue) -> Result<Self, ErrorBody> {
                match name {
                    $($name => read(params).map(Self::$Kind),)+
                    _ => Err(error::METHOD_NOT_FOUND),
                }
            }

            async fn run(self, backend: &Backend) -> Result<(&'static str, Box<RawValue>), ErrorBody> {
                match self {
                    $(Self::$Kind(params) => {
                        let result = params.run(backend).await?;
                        Ok(($name, to_raw_value(&result).map_err(|_| error::INTERNAL)?))
                    })+
                }
            }
        }
    };
}

commands! {
    "publish" => Publish,
    "broadcast" => Broadcast,
    "subscribe" => Subscribe,
    "unsubscribe" => Unsubscribe,
    "disconnect" => DisconnectUser,
    "refresh" => Refresh,
    "presence" => Presence,
    "presence_stats" => PresenceStats,
    "history" => History,
    "history_remove" => HistoryRemove,
    "channels" => Channels,
    "info" => Info,
    "rpc" => Rpc,
}

fn read<T: DeserializeOwned>(params: &RawValue) -> Result<T, ErrorBody> {
    parameters(params.get().as_bytes()).map_err(|unreadable| match unreadable {
        Unreadable::NotJson => bad_request("the parameters are nested too deeply"),
        Unreadable::Params(error) => error,
    })
}

/// Leaves the first of the commands that walk over all that a node has, and refuses the others. A thousand walks over
/// ten thousand connections would keep a core busy for seconds.
fn walk_once(commands: &mut [Result<Command, ErrorBody>]) {
    let (mut infos, mut lists) = (0, 0);
    for command in commands {
        let (walks, refusal) = match command {
            Ok(Command::Info(_)) => (&mut infos, "ask for info once in a batch"),
            Ok(Command::Channels(_)) => (&mut lists, "ask for channels once in a batch"),
            _ => continue,
        };
        *walks += 1;
        if *walks > 1 {
            *command = Err(limit_exceeded(refusal));
        }
    }
}

/// The one command of an entry.
fn command(entry: &BTreeMap<String, Box<RawValue>>) -> Result<Command, ErrorBody> {
    let mut fields = entry.iter();
    match (fields.next(), fields.next()) {
        (Some((name, params)), None) => Command::read(name, params),
        _ => Err(bad_request("a command is an object with one field, the method's name")),
    }
}

impl Method for Batch {
    type Result = Replies;

    async fn run(self, backend: &Backend) -> Result<Replies, ErrorBody> {
        if self.commands.is_empty() || self.commands.len() > MAX_COMMANDS {
            return Err(bad_request(format_args!("send 1 to {MAX_COMMANDS} commands")));
        }
        let mut commands: Vec<_> = self.commands.iter().map(command).collect();
        walk_once(&mut commands);
        let widths = commands.iter().map(|command| match command {
            Ok(Command::Broadcast(broadcast)) => broadcast.width(),
            _ => 0,
        });
        if widths.sum::<usize>() > MAX_CHANNELS {
            return Err(bad_request(format_args!(
                "name at most {MAX_CHANNELS} channels in all broadcasts together"
            )));
        }
        let at_once = if self.parallel { AT_ONCE } else { 1 };
        let mut room = RESULT_BYTES;
        let mut replies = Vec::with_capacity(commands.len());
        let mut commands = commands.into_iter();
        while commands.len() > 0 {
            let some = commands.by_ref().take(at_once).map(|command| async move {
                match command {
                    Ok(_) if room == 0 => Err(limit_exceeded("the results before this one fill the answer")),
                    Ok(command) => command.run(backend).await,
                    Err(error) => Err(error),
                }
            });
            let done = join_all(some).await;
            let bytes = done.iter().flatten().map(|(_, result)| result.get().len()).sum();
            room = room.saturating_sub(bytes);
            replies.extend(done.into_iter().map(|done| Reply(done.map_err(ApiError::from))));
            // A broker within the process hardly ever waits, and a large batch would hold its core until it is through.
            tokio::task::yield_now().await;
        }
        Ok(Replies { replies })
    }
}

/// Runs many commands. Each has a reply of its own: some may fail while others do not.
#[utoipa::path(post, operation_id = "batch", path = "/api/batch", tag = "Server API", security(("api_key" = [])), request_body = Batch, responses(
    (status = 200, body = Answer<Replies>),
    Refusals,
))]
pub async fn batch(backend: Backend, Params(params): Params<Batch>) -> Answer<Replies> {
    params.run(&backend).await.into()
}
