//! `schoolbell journal`: what waits for the database, and what could not be written.

mod status;

use super::{Common, Failure, runtime, say};
use crate::compose::journal::sinks;
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use persistence::{
    Store,
    journal::{DeadLetter, DeadLetters, OpId},
};
use protocol::ids::SchoolId;
use serde_json::{Value, json};
use uuid::Uuid;

/// Dead letters that are read at a time.
const PAGE: u32 = 500;

/// What of the journal is looked at or mended.
#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How much waits for the database, for how long, and how many dead letters there are
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List the facts that could not be written, each with its cause
    DeadLetters {
        /// As JSON, with the facts themselves
        #[arg(long)]
        json: bool,
    },
    /// Write dead letters after all, once their causes are mended
    Replay {
        #[command(flatten)]
        which: Which,
    },
    /// Throw dead letters away, for good
    Discard {
        /// Ids of operations, as `dead-letters` lists them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<Uuid>,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Ids of operations, as `dead-letters` lists them
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<Uuid>,
    /// All that there are
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Journal {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        let config = common.load()?;
        let database = config.database()?;
        runtime()?.block_on(async {
            if let What::Status { json } = self.what {
                return status::run(&config, &database, json).await;
            }
            let store = Store::open(&database).await.context("the database cannot be opened")?;
            let letters = store.dead_letters(sinks().context("the sinks are at odds")?);
            let done = match self.what {
                What::Status { .. } => Ok(()),
                What::DeadLetters { json } => list(&letters, json).await,
                What::Replay { which } => replay(&letters, which).await,
                What::Discard { ids } => discard(&letters, ids).await,
            };
            store.close().await.context("the database was not closed cleanly")?;
            done
        })?;
        Ok(())
    }
}

/// Every dead letter, school by school.
async fn all(letters: &DeadLetters) -> anyhow::Result<Vec<DeadLetter>> {
    const FAILED: &str = "the dead letters cannot be read";
    let mut found = Vec::new();
    for (school, _) in letters.schools().await.context(FAILED)? {
        let mut after = None;
        loop {
            let page = letters.list(school, after, PAGE).await.context(FAILED)?;
            let Some(last) = page.last() else { break };
            after = Some(last.fact.op);
            found.extend(page);
        }
    }
    Ok(found)
}

async fn list(letters: &DeadLetters, json: bool) -> anyhow::Result<()> {
    let found = all(letters).await?;
    if json {
        let items: Vec<Value> = found.iter().map(as_json).collect();
        say(&serde_json::to_string_pretty(&items).context("no JSON")?);
        return Ok(());
    }
    for letter in &found {
        let DeadLetter { fact, code, cause, .. } = letter;
        say(&format!("{}  {}  {}  {code}: {cause}", fact.op.0, fact.school, fact.kind));
    }
    say(match found.len() {
        0 => "no dead letters".to_owned(),
        count => format!("{count} dead letters; mend their causes, then: schoolbell journal replay --all"),
    }
    .as_str());
    Ok(())
}

fn as_json(letter: &DeadLetter) -> Value {
    let DeadLetter { fact, shard, id, code, cause, parked_at } = letter;
    let body = serde_json::from_slice(&fact.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&fact.body).into_owned()));
    json!({
        "id": fact.op.0, "school": fact.school, "kind": fact.kind.as_str(), "key": fact.key,
        "occurred_at": fact.occurred_at.0 / 1_000, "parked_at": parked_at.0 / 1_000,
        "code": code, "cause": cause, "shard": shard.0, "entry": id.0, "body": body,
    })
}

/// The dead letters of these operations; an operation that is not parked has none.
async fn find(letters: &DeadLetters, ids: Vec<Uuid>) -> anyhow::Result<Vec<(Option<SchoolId>, OpId)>> {
    let mut found = Vec::new();
    for op in ids.into_iter().map(OpId) {
        let schools = letters.find(op).await.context("the dead letters cannot be read")?;
        if schools.is_empty() {
            found.push((None, op));
        }
        found.extend(schools.into_iter().map(|school| (Some(school), op)));
    }
    Ok(found)
}

async fn replay(letters: &DeadLetters, which: Which) -> anyhow::Result<()> {
    let chosen = if which.all {
        all(letters).await?.into_iter().map(|letter| (Some(letter.fact.school), letter.fact.op)).collect()
    } else {
        find(letters, which.ids).await?
    };
    let (mut written, mut left) = (0_usize, 0_usize);
    for (school, op) in chosen {
        let done = match school {
            Some(school) => letters.replay(school, op).await.map_err(|error| error.to_string()),
            None => Err("it is not parked; list what is by `schoolbell journal dead-letters`".to_owned()),
        };
        match done {
            Ok(()) => written += 1,
            Err(error) => {
                left += 1;
                say(&format!("{}: {error}", op.0));
            }
        }
    }
    say(&format!("{written} written"));
    match left {
        0 => Ok(()),
        left => Err(anyhow!("{left} dead letters were not written; see above why")),
    }
}

async fn discard(letters: &DeadLetters, ids: Vec<Uuid>) -> anyhow::Result<()> {
    let (mut gone, mut unknown) = (0_usize, 0_usize);
    for (school, op) in find(letters, ids).await? {
        let removed = match school {
            Some(school) => {
                letters.discard(school, op).await.context("the dead letters cannot be changed")?
            }
            None => false,
        };
        if removed {
            gone += 1;
        } else {
            unknown += 1;
            say(&format!("{}: it is not parked", op.0));
        }
    }
    say(&format!("{gone} thrown away"));
    match unknown {
        0 => Ok(()),
        unknown => Err(anyhow!("{unknown} of these operations are not parked; see above")),
    }
}
