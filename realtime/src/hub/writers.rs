//! How a post gets from a list of subscribers to their sockets.

use super::feed::Post;
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
    pub(super) bursts: Bursts,
}

impl Writers {
    /// Delivers to each, as one write if there are several posts, and gives the connections that want to be flushed.
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
                if let [post] = posts {
                    let sent = post.deliver(subscription, burst);
                    deliveries += u64::from(sent != Sent::Skipped);
                    if sent == Sent::Flush {
                        behind.push(Arc::clone(subscription.connection()));
                    }
                } else {
                    let sent = posts.iter().map(|post| post.deliver(subscription, Burst::MORE_FOLLOWS));
                    let (all, to_flush) = sent.fold((0, false), |(all, flush), sent| {
                        (all + u64::from(sent != Sent::Skipped), flush || sent == Sent::Flush)
                    });
                    deliveries += all;
                    if to_flush {
                        subscription.connection().outbox.flush();
                    }
                }
            }
        }
        metrics::counter!("schoolbell_deliveries_total").increment(deliveries);
        behind
    }
}
