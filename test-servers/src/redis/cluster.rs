//! Clusters for tests.

use super::{PATIENCE, Server, ServerOptions};
use std::time::{Duration, Instant};

/// After so long, in milliseconds, a node counts as failed: short, so that tests of a takeover are.
const NODE_TIMEOUT: &str = "1500";

/// Slots that keys of a cluster are divided into, by its specification.
const SLOTS: u16 = 16_384;

/// Some masters that share the slots, each with replicas or none.
#[derive(Debug)]
pub struct Cluster {
    masters: Vec<Server>,
    replicas: Vec<Server>,
}

impl Cluster {
    /// Three masters with a third of the slots each, without replicas: none takes over from another.
    ///
    /// # Panics
    /// As [`Server::single`], or when no cluster forms.
    #[must_use]
    pub fn three_masters() -> Self {
        Self::form(0)
    }

    /// Three masters with one replica each, which takes over when its master is gone.
    ///
    /// # Panics
    /// As [`Cluster::three_masters`].
    #[must_use]
    pub fn three_masters_and_replicas() -> Self {
        Self::form(3)
    }

    fn form(replicas: usize) -> Self {
        let args = ["--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT];
        let options = ServerOptions { args: args.map(str::to_owned).into(), ..ServerOptions::default() };
        let start = |count: usize| (0..count).map(|_| Server::with(&options)).collect::<Vec<_>>();
        let cluster = Self { masters: start(3), replicas: start(replicas) };
        let ends = [0, 5_461, 10_923, SLOTS];
        for (master, slots) in cluster.masters.iter().zip(ends.windows(2)) {
            let [from, end] = slots else { unreachable!("windows of two") };
            ok(&master.cli(&["cluster", "addslotsrange", &from.to_string(), &(end - 1).to_string()]));
        }
        let first = cluster.masters[0].port().to_string();
        for server in cluster.servers().skip(1) {
            ok(&server.cli(&["cluster", "meet", "127.0.0.1", &first]));
        }
        let nodes = format!("cluster_known_nodes:{}", 3 + replicas);
        cluster.wait_for("form", |server| {
            let info = server.cli(&["cluster", "info"]);
            info.contains("cluster_state:ok")
                && info.contains(&nodes)
                && info.contains("cluster_slots_ok:16384")
        });
        for (replica, master) in cluster.replicas.iter().zip(&cluster.masters) {
            ok(&replica.cli(&["cluster", "replicate", &master.cli(&["cluster", "myid"])]));
        }
        for replica in &cluster.replicas {
            let linked = || replica.cli(&["info", "replication"]).contains("master_link_status:up");
            wait_until("replicate", linked);
        }
        cluster
    }

    fn servers(&self) -> impl Iterator<Item = &Server> {
        self.masters.iter().chain(&self.replicas)
    }

    fn wait_for(&self, what: &str, holds: impl Fn(&Server) -> bool) {
        wait_until(what, || self.servers().all(&holds));
    }

    /// The masters, in the order of their slots.
    #[must_use]
    pub fn masters(&self) -> &[Server] {
        &self.masters
    }

    /// The replicas, in the order of their masters.
    #[must_use]
    pub fn replicas(&self) -> &[Server] {
        &self.replicas
    }

    /// The URL of all masters.
    #[must_use]
    pub fn url(&self) -> String {
        let mut nodes = self.masters.iter().map(|master| format!("127.0.0.1:{}", master.port()));
        let first = nodes.next().unwrap_or_default();
        let others: Vec<String> = nodes.map(|node| format!("node={node}")).collect();
        format!("redis-cluster://{first}?{}", others.join("&"))
    }

    /// Which of the masters serves a key, as the first of them sees it.
    ///
    /// # Panics
    /// When it is none of them.
    #[must_use]
    pub fn master_of(&self, key: &str) -> usize {
        let slot = self.slot_of(key);
        let mine = |server: &Server| {
            let nodes = server.cli(&["cluster", "nodes"]);
            let line = nodes.lines().find(|line| line.contains("myself")).unwrap().to_owned();
            line.split(' ').skip(8).any(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if (from..=to).contains(&slot))
            })
        };
        self.masters.iter().position(mine).unwrap()
    }

    fn slot_of(&self, key: &str) -> u16 {
        self.masters[0].cli(&["cluster", "keyslot", key]).parse().unwrap()
    }

    /// Moves the slot of a key, and all keys in it, to another master, as an operator who balances a cluster does.
    ///
    /// # Panics
    /// When a step of it fails.
    pub fn move_slot_of(&self, key: &str, to: usize) {
        let slot = self.slot_of(key).to_string();
        let (source, target) = (&self.masters[self.master_of(key)], &self.masters[to]);
        let (source_id, target_id) = (source.cli(&["cluster", "myid"]), target.cli(&["cluster", "myid"]));
        ok(&target.cli(&["cluster", "setslot", &slot, "importing", &source_id]));
        ok(&source.cli(&["cluster", "setslot", &slot, "migrating", &target_id]));
        loop {
            let keys = source.cli(&["cluster", "getkeysinslot", &slot, "100"]);
            let keys: Vec<&str> = keys.lines().filter(|key| !key.is_empty()).collect();
            if keys.is_empty() {
                break;
            }
            let port = target.port().to_string();
            let mut command = vec!["migrate", "127.0.0.1", &port, "", "0", "5000", "keys"];
            command.extend(keys);
            ok(&source.cli(&command));
        }
        // The target first: a slot without an owner would be worse than one with two for a moment.
        for server in [target, source].into_iter().chain(&self.masters) {
            ok(&server.cli(&["cluster", "setslot", &slot, "node", &target_id]));
        }
    }

    /// Cuts all connections that are subscribed to a channel.
    pub fn kill_pubsub_connections(&self) {
        self.servers().for_each(Server::kill_pubsub_connections);
    }

    /// Deletes all keys.
    pub fn flush(&self) {
        self.masters.iter().for_each(Server::flush);
    }
}

fn ok(reply: &str) {
    assert!(reply == "OK" || reply == "NOKEY", "the cluster refuses: {reply}");
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "the cluster does not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
