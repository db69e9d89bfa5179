//! Several processes of Schoolbell over one Redis: what is killed, stopped and restarted while a load runs.

use crate::{
    http::Http,
    installation::{Installation, Options, Place},
    interrupt,
    process::Started,
    settings::Settings,
    tokens::Signer,
};
use anyhow::{Context as _, ensure};
use rustix::process::Signal;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitStatus,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Time for a node to say that it is ready.
const READY: Duration = Duration::from_secs(30);
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);

/// One node. All of its methods may be called while others use its address.
pub struct Node {
    place: Place,
    process: Mutex<Option<Started>>,
}

/// Nodes of one installation. They end when this is dropped.
pub struct Nodes {
    // Before the installation: its folder is theirs.
    nodes: Vec<Node>,
    installation: Installation,
}

impl Nodes {
    /// Starts `count` nodes that share the Redis at `redis`, and waits until all are ready.
    pub fn start(settings: &Settings, options: Options, redis: &str, count: usize) -> anyhow::Result<Self> {
        let mut nodes = Self::none(settings, options)?;
        for _ in 0..count {
            nodes.add(redis, None)?;
        }
        nodes.wait_until_ready()?;
        Ok(nodes)
    }

    /// An installation without a process.
    pub fn none(settings: &Settings, options: Options) -> anyhow::Result<Self> {
        Ok(Self { nodes: Vec::new(), installation: Installation::new(settings, options)? })
    }

    /// Adds a node, on a core or on none in particular; it listens, but need not be ready yet. Each may reach Redis by a
    /// way of its own.
    pub fn add(&mut self, redis: &str, core: Option<usize>) -> anyhow::Result<&Node> {
        self.add_place(redis, core, None)
    }

    /// Adds a node whose clock is `off` (`+2h`, `-3d`) from the machine's.
    pub fn add_off(&mut self, redis: &str, off: &str) -> anyhow::Result<&Node> {
        let clock = self.installation.clock(&self.next_name());
        std::fs::write(&clock, off)?;
        self.add_place(redis, None, Some(clock))
    }

    fn next_name(&self) -> String {
        format!("node-{}", self.nodes.len())
    }

    fn add_place(
        &mut self,
        redis: &str,
        core: Option<usize>,
        clock: Option<PathBuf>,
    ) -> anyhow::Result<&Node> {
        let place = Place {
            name: self.next_name(),
            // Below the ports of outgoing connections: one that starts again finds its port free.
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, test_servers::ports::free())),
            redis: Some(redis.to_owned()),
            core,
            clock,
        };
        let node = Node { place, process: Mutex::new(None) };
        node.start(&self.installation)?;
        self.nodes.push(node);
        self.nodes.last().context("a node was added")
    }

    /// Waits until all that run are ready.
    pub fn wait_until_ready(&self) -> anyhow::Result<()> {
        self.nodes.iter().filter(|node| node.pid().is_some()).try_for_each(Node::wait_until_ready)
    }

    /// Starts a node again, on the same port and over the same data, after killing it if it runs. It listens when this
    /// returns.
    pub fn restart(&self, index: usize) -> anyhow::Result<()> {
        let node = self.node(index);
        node.kill();
        node.start(&self.installation)
    }

    /// All of them, in the order in which they were added.
    pub fn all(&self) -> &[Node] {
        &self.nodes
    }

    /// One of them.
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// Where they listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// What signs the tokens that they believe.
    pub fn signer(&self) -> &Signer {
        self.installation.signer()
    }

    /// Whether the platform's API is there.
    pub fn has_api(&self) -> bool {
        self.installation.has_api()
    }
}

impl Node {
    fn process(&self) -> MutexGuard<'_, Option<Started>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, installation: &Installation) -> anyhow::Result<()> {
        let mut started = installation.start(&self.place)?;
        started.wait_for(self.place.listen)?;
        *self.process() = Some(started);
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.place.listen
    }

    /// Its process, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process().as_ref().map(Started::id)
    }

    /// Whether it says that it is ready.
    pub fn is_ready(&self) -> bool {
        let asked =
            Http::connect(self.address()).and_then(|mut http| http.try_get("/ready", ("Accept", "*/*")));
        asked.is_ok_and(|(status, _)| status == 200)
    }

    /// Waits until it says so.
    pub fn wait_until_ready(&self) -> anyhow::Result<()> {
        let until = Instant::now() + READY;
        while !self.is_ready() {
            interrupt::check()?;
            if let Some(process) = &mut *self.process() {
                process.check()?;
            }
            ensure!(
                Instant::now() < until,
                "{} does not become ready: {}",
                self.place.name,
                self.last_words()
            );
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Whatever the page of its metrics says.
    pub fn metrics(&self) -> anyhow::Result<String> {
        let (_, page) = Http::connect(self.address())?.try_get("/metrics", ("Accept", "text/plain"))?;
        Ok(String::from_utf8_lossy(&page).into_owned())
    }

    /// The sum of a metric over all of its labels; `None` if the node does not have it.
    pub fn metric(&self, name: &str) -> anyhow::Result<Option<f64>> {
        Ok(sum_of(&self.metrics()?, name))
    }

    /// Ends it as a crash would (SIGKILL).
    pub fn kill(&self) {
        drop(self.process().take());
    }

    /// Stops it as if it hung (SIGSTOP): its connections stay, and nothing answers.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on (SIGCONT).
    pub fn cont(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Asks it to go (SIGTERM); it drains while this returns.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Waits until it has gone by itself.
    pub fn wait_for_end(&self, patience: Duration) -> anyhow::Result<ExitStatus> {
        // Taken out meanwhile: others may ask for the process.
        let mut process = self.process().take().context("the node does not run")?;
        process.wait_for_end(patience)
    }

    /// Lets its clock jump, if it was added with one that is off.
    pub fn set_clock(&self, off: &str) -> anyhow::Result<()> {
        let clock = self.place.clock.as_ref().context("the node has the machine's clock")?;
        Ok(std::fs::write(clock, off)?)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        self.process().as_ref().context("the node does not run")?.signal(signal)
    }

    fn last_words(&self) -> String {
        self.process().as_ref().map(Started::last_words).unwrap_or_default()
    }
}

/// The sum of a metric over all of its labels, from a page of the Prometheus text format.
fn sum_of(page: &str, name: &str) -> Option<f64> {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let value = match rest.strip_prefix('{') {
            Some(labelled) => labelled.rsplit_once('}')?.1,
            None => rest.strip_prefix(' ')?,
        };
        value.split_whitespace().next()?.parse::<f64>().ok()
    });
    values.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_told_apart_from_longer_names() {
        let page =
            "# HELP rooms Rooms\nrooms{kind=\"quiz\"} 3\nrooms{kind=\"class\"} 4\nrooms_total 9\nidle 2.5\n";
        assert_eq!(sum_of(page, "rooms"), Some(7.0));
        assert_eq!(sum_of(page, "idle"), Some(2.5));
        assert_eq!(sum_of(page, "absent"), None);
    }
}
