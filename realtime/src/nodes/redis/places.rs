//! Where in Redis the nodes meet.

use crate::nodes::NodeId;
use persistence::redis::{Partition, Redis};

/// Keys and channels of a node.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Hash of all nodes.
    pub(super) registry: String,
    /// Stream of what was told to all. In the partition of the registry, so that one script reads both.
    pub(super) log: String,
    /// Channel of all nodes, in the same partition.
    pub(super) everybody: String,
    pub(super) partition: Partition,
    /// Channel of this node.
    pub(super) own: String,
    pub(super) own_partition: Partition,
}

impl Places {
    pub(super) fn new(redis: &Redis, own: &NodeId) -> Self {
        let partition = redis.partitions().of(b"nodes");
        Self {
            registry: redis.key(partition, "nodes"),
            log: redis.key(partition, "control:log"),
            everybody: redis.key(partition, "control"),
            partition,
            own: Self::channel_of(redis, own),
            own_partition: partition_of(redis, own),
        }
    }

    /// The channel of a node.
    pub(super) fn channel_of(redis: &Redis, node: &NodeId) -> String {
        redis.key(partition_of(redis, node), &name_of(node))
    }
}

fn name_of(node: &NodeId) -> String {
    format!("node:{node}")
}

fn partition_of(redis: &Redis, node: &NodeId) -> Partition {
    redis.partitions().of(name_of(node).as_bytes())
}
