//! Publishers that go on until they are acknowledged: each message is sent again, under the same key, until some node says
//! where it is. The schedule is fixed: what waits for a node counts from the moment at which it was due.

use super::check::Published;
use crate::{
    http::Http,
    installation::{API_KEY, API_PATH},
    mark::{self, Mark},
    pacing::Schedule,
};
use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Time for one answer; then another node is asked.
const ANSWER: Duration = Duration::from_secs(3);
/// Time for a message to be acknowledged by any node.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Longer than any trial.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Channels of one rate.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Index and name of each.
    pub(super) channels: Vec<(usize, String)>,
    /// Messages a second, over all of them.
    pub(super) per_second: f64,
    /// Bytes of a message.
    pub(super) bytes: usize,
    /// Publishers that share the channels; each channel has one.
    pub(super) publishers: usize,
}

/// What was published to a channel.
pub(super) type Log = (usize, Vec<Published>);

/// Publishers that run.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    nodes: Arc<RwLock<Vec<SocketAddr>>>,
    publishers: Vec<JoinHandle<anyhow::Result<Vec<Log>>>>,
}

impl Feed {
    /// Begins to publish, by the nodes in turn.
    pub(super) fn start(nodes: Vec<SocketAddr>, flows: &[Flow]) -> Self {
        let nodes = Arc::new(RwLock::new(nodes));
        let stop = Arc::new(AtomicBool::new(false));
        let mut publishers = Vec::new();
        for flow in flows {
            for number in 0..flow.publishers {
                let channels: Vec<_> =
                    flow.channels.iter().skip(number).step_by(flow.publishers).cloned().collect();
                if channels.is_empty() {
                    continue;
                }
                #[expect(clippy::cast_precision_loss, reason = "counts of channels")]
                let share = channels.len() as f64 / flow.channels.len() as f64;
                let publisher = Publisher {
                    nodes: Arc::clone(&nodes),
                    stop: Arc::clone(&stop),
                    node: publishers.len(),
                    link: None,
                    bytes: flow.bytes,
                };
                let per_second = flow.per_second * share;
                publishers.push(std::thread::spawn(move || publisher.run(&channels, per_second)));
            }
        }
        Self { stop, nodes, publishers }
    }

    /// Which nodes to publish by from now on.
    pub(super) fn set_nodes(&self, nodes: Vec<SocketAddr>) {
        *self.nodes.write().unwrap_or_else(PoisonError::into_inner) = nodes;
    }

    /// Stops once everything that was begun is acknowledged, and gives what was.
    pub(super) fn finish(self) -> anyhow::Result<Vec<Log>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut logs = Vec::new();
        for publisher in self.publishers {
            let log = publisher.join().map_err(|_| anyhow::anyhow!("a publisher failed"))?;
            logs.extend(log.context("a publisher gave up")?);
        }
        Ok(logs)
    }
}

struct Publisher {
    nodes: Arc<RwLock<Vec<SocketAddr>>>,
    stop: Arc<AtomicBool>,
    node: usize,
    link: Option<(SocketAddr, Http)>,
    bytes: usize,
}

impl Publisher {
    fn run(mut self, channels: &[(usize, String)], per_second: f64) -> anyhow::Result<Vec<Log>> {
        let mut logs: Vec<Log> = channels.iter().map(|(index, _)| (*index, Vec::new())).collect();
        let schedule = Schedule::new(Instant::now(), per_second, LONGEST);
        for (count, due) in schedule.moments() {
            while Instant::now() < due && !self.stop.load(Ordering::Relaxed) {
                std::thread::sleep((due - Instant::now()).min(PAUSE));
            }
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let place = usize::try_from(count)? % channels.len();
            let (index, name) = &channels[place];
            let log = &mut logs[place].1;
            let number = u32::try_from(log.len() + 1)?;
            let mark = Mark { channel: u16::try_from(*index)?, number, due: mark::nanos(due) };
            log.push(self.publish(name, mark)?);
        }
        Ok(logs)
    }

    /// Publishes until it is acknowledged.
    fn publish(&mut self, channel: &str, mark: Mark) -> anyhow::Result<Published> {
        let payload = String::from_utf8(mark.payload(self.bytes))?;
        let body = format!(
            r#"{{"channel":"{channel}","data":{payload},"idempotency_key":"{channel}-{}"}}"#,
            mark.number
        );
        let until = Instant::now() + PATIENCE;
        loop {
            match self.ask(&body) {
                Ok(answer) if answer["error"].is_null() => {
                    let (epoch, offset) = (&answer["result"]["epoch"], &answer["result"]["offset"]);
                    return Ok(Published {
                        id: u64::from(mark.number),
                        epoch: epoch.as_str().context("an acknowledgement without an epoch")?.to_owned(),
                        offset: offset.as_u64().context("an acknowledgement without an offset")?,
                    });
                }
                Ok(answer) => {
                    let temporary = answer["error"]["code"].as_u64().is_some_and(|code| code == 100);
                    ensure!(temporary, "publishing was refused: {}", answer["error"]);
                    ensure!(Instant::now() < until, "{channel} takes nothing: {}", answer["error"]);
                }
                Err(error) => {
                    self.link = None;
                    if Instant::now() >= until {
                        bail!("{channel} takes nothing: {error:#}");
                    }
                }
            }
            self.node += 1;
            std::thread::sleep(PAUSE);
        }
    }

    fn ask(&mut self, body: &str) -> anyhow::Result<Value> {
        let target = {
            let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
            *nodes.get(self.node % nodes.len().max(1)).context("no node")?
        };
        if self.link.as_ref().is_none_or(|(linked, _)| *linked != target) {
            self.link = Some((target, Http::connect_within(target, ANSWER)?));
        }
        let (_, http) = self.link.as_mut().context("a link was made")?;
        http.post(&format!("{API_PATH}/publish"), ("X-API-Key", API_KEY), body.as_bytes())
    }
}
