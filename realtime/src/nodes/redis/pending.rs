//! Questions that wait for their answers.

use crate::nodes::{AskError, NodeId, NodeInfo};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use uuid::Uuid;

type Outcome = Result<Bytes, AskError>;

/// What was asked of others and is not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    most: usize,
    waiting: Mutex<HashMap<Uuid, Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    node: NodeId,
    done: oneshot::Sender<Outcome>,
}

/// A question; forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pending: &'a Pending,
    pub(super) id: Uuid,
    outcome: oneshot::Receiver<Outcome>,
}

impl Pending {
    /// Takes at most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Waiting>> {
        // Only whole inserts and removes happen under the lock, so a panic elsewhere does not spoil it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question to a node; none when too many wait.
    pub(super) fn ask(&self, node: &NodeId) -> Option<Asked<'_>> {
        let (done, outcome) = oneshot::channel();
        let id = Uuid::now_v7();
        let mut waiting = self.lock();
        if waiting.len() >= self.most {
            return None;
        }
        waiting.insert(id, Waiting { node: node.clone(), done });
        Some(Asked { pending: self, id, outcome })
    }

    /// Takes an answer in, if it comes from whoever was asked and somebody still waits for it.
    pub(super) fn settle(&self, id: Uuid, from: &NodeId, outcome: Outcome) {
        let mut waiting = self.lock();
        if waiting.get(&id).is_some_and(|waiting| waiting.node == *from)
            && let Some(waiting) = waiting.remove(&id)
        {
            // Whoever asked may have gone.
            waiting.done.send(outcome).ok();
        }
    }

    /// Ends what was asked of nodes that are not alive.
    pub(super) fn give_up_all_but(&self, alive: &[NodeInfo]) {
        let gone = |waiting: &Waiting| !alive.iter().any(|node| node.id == waiting.node);
        for (_, waiting) in self.lock().extract_if(|_, waiting| gone(waiting)) {
            waiting.done.send(Err(AskError::Gone)).ok();
        }
    }
}

impl Asked<'_> {
    /// Waits for the answer, without an end of its own.
    pub(super) async fn outcome(mut self) -> Outcome {
        (&mut self.outcome).await.unwrap_or(Err(AskError::Unavailable))
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.pending.lock().remove(&self.id);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::nodes::Load;
    use futures_util::FutureExt;

    fn node(id: &str) -> NodeInfo {
        let load = Load::default();
        NodeInfo { id: id.into(), started_at: 0, version: String::new(), draining: false, load }
    }

    #[test]
    fn an_answer_reaches_whoever_asked_and_comes_from_whom_was_asked() {
        let pending = Pending::new(9);
        let asked = pending.ask(&"b".into()).unwrap();
        let id = asked.id;
        pending.settle(id, &"c".into(), Ok("forged".into()));
        pending.settle(id, &"b".into(), Ok("yes".into()));
        pending.settle(id, &"b".into(), Ok("again".into()));
        assert_eq!(asked.outcome().now_or_never(), Some(Ok("yes".into())));
    }

    #[test]
    fn who_leaves_answers_nothing_any_more() {
        let pending = Pending::new(9);
        let (left, stayed) = (pending.ask(&"b".into()).unwrap(), pending.ask(&"c".into()).unwrap());
        pending.give_up_all_but(&[node("a"), node("c")]);
        assert_eq!(left.outcome().now_or_never(), Some(Err(AskError::Gone)));
        assert_eq!(stayed.outcome().now_or_never(), None);
    }

    #[test]
    fn no_more_wait_than_may_and_none_longer_than_its_asker() {
        let pending = Pending::new(2);
        let asked = [pending.ask(&"b".into()), pending.ask(&"b".into())];
        assert!(pending.ask(&"b".into()).is_none());
        drop(asked);
        assert!(pending.lock().is_empty());
        assert!(pending.ask(&"b".into()).is_some());
    }
}
