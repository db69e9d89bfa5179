//! A journal whose writer can be stopped at any of its steps.

use crate::target::Look;
use async_trait::async_trait;
use persistence::Unavailable;
use persistence::journal::{
    Accepted, Depth, EntryId, Fact, Journal, JournalError, Portion, ReadLimit, Shard, ShardClaim, Tenure,
    TenureError, Watermark,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Lets so many steps pass, then holds all of them until it is opened.
pub struct Fuse {
    left: AtomicI64,
    blown: Notify,
    opened: Notify,
    hasty: AtomicBool,
}

pub struct Trapped {
    pub inner: Arc<dyn Journal>,
    pub fuse: Arc<Fuse>,
    /// Where the checkpoint is looked up before something is trimmed.
    pub look: Option<Look>,
}

impl Fuse {
    pub fn after(steps: i64) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicI64::new(steps),
            blown: Notify::new(),
            opened: Notify::new(),
            hasty: AtomicBool::new(false),
        })
    }

    async fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.blown.notify_one();
            self.opened.notified().await;
        }
    }

    /// Waits until a step is held.
    pub async fn blown(&self) {
        self.blown.notified().await;
    }

    /// Whether more was to be trimmed than was committed.
    pub fn was_hasty(&self) -> bool {
        self.hasty.load(Ordering::SeqCst)
    }

    /// Holds nothing any more.
    pub fn open(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.opened.notify_waiters();
    }
}

#[async_trait]
impl Journal for Trapped {
    fn stream(&self) -> &'static str {
        self.inner.stream()
    }

    fn shards(&self) -> u16 {
        self.inner.shards()
    }

    async fn append(&self, facts: &[Fact]) -> Result<Accepted, JournalError> {
        self.inner.append(facts).await
    }

    async fn watermark(&self, shard: Shard) -> Result<Watermark, Unavailable> {
        self.inner.watermark(shard).await
    }

    async fn depth(&self, shard: Shard) -> Result<Depth, Unavailable> {
        self.inner.depth(shard).await
    }

    async fn oldest(&self, shard: Shard) -> Result<Option<EntryId>, Unavailable> {
        self.inner.oldest(shard).await
    }

    async fn appended(&self, shard: Shard) {
        self.inner.appended(shard).await;
    }

    async fn claim(
        &self,
        shard: Shard,
        node: &str,
        lease: Duration,
        above: u64,
    ) -> Result<ShardClaim, Unavailable> {
        self.inner.claim(shard, node, lease, above).await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), Unavailable> {
        self.inner.release(tenure).await
    }

    async fn read(&self, tenure: &Tenure, after: EntryId, limit: ReadLimit) -> Result<Portion, TenureError> {
        self.fuse.pass().await;
        let portion = self.inner.read(tenure, after, limit).await?;
        // Reading nothing is no step worth stopping at.
        if !portion.entries.is_empty() {
            self.fuse.pass().await;
        }
        Ok(portion)
    }

    async fn mark(&self, tenure: &Tenure, up_to: EntryId) -> Result<(), TenureError> {
        self.fuse.pass().await;
        if let Some(look) = &self.look {
            let committed = look.checkpoint(&tenure.checkpoint(self.stream()), tenure.shard.0).await;
            if committed.cast_unsigned() < up_to.0 {
                self.fuse.hasty.store(true, Ordering::SeqCst);
            }
        }
        self.inner.mark(tenure, up_to).await?;
        self.fuse.pass().await;
        Ok(())
    }
}
