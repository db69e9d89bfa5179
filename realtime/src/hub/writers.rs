//! How a post gets from a list of subscribers to their sockets.

use super::feed::{Feed, Post};
use crate::{
    burst::{Burst, Bursts},
    connection::Connection,
    flusher::Flusher,
    outbox::Sent,
    subscription::Subscription,
};
use std::sync::Arc;

/// Subscriptions that are brought into the processor's cache together. Their memory is spread over the heap, and waiting
/// for it one after the other takes longer than all else that a delivery does outside of the kernel.
const AHEAD: usize = 16;

/// What all channels of a node send with.
#[derive(Debug, Default)]
pub(super) struct Writers {
    pub(super) flusher: Arc<Flusher>,
    pub(super) bursts: Bursts<Feed>,
}

impl Writers {
    /// Delivers to each, several posts as one write, and gives the connections that want to be flushed.
    pub(super) fn serve(
        &self,
        subscriptions: &[Arc<Subscription>],
        posts: &[Post],
        burst: Burst,
    ) -> Vec<Arc<Connection>> {
        let (mut behind, mut deliveries) = (Vec::new(), 0);
        for group in subscriptions.chunks(AHEAD) {
            group.iter().for_each(|subscription| subscription.touch());
            for subscription in group {
                let burst = if posts.len() == 1 { burst } else { Burst::MORE_FOLLOWS };
                let mut to_flush = false;
                for post in posts {
                    let sent = post.deliver(subscription, burst);
                    deliveries += u64::from(sent != Sent::Skipped);
                    to_flush |= sent == Sent::Flush;
                }
                let connection = subscription.connection();
                if to_flush && posts.len() > 1 && !connection.outbox.joins() {
                    connection.outbox.flush();
                } else if to_flush {
                    behind.push(Arc::clone(connection));
                }
            }
        }
        metrics::counter!("schoolbell_deliveries_total").increment(deliveries);
        behind
    }
}
