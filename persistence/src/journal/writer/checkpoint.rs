//! How far a shard is written, and who may write on.

use crate::Micros;
use crate::db::{Db, Reach, Tx};
use crate::journal::{EntryId, Shard, Tenure};
use sqlx::{Error, FromRow};

const STANDING: &str = "SELECT last_id, fence FROM wb_checkpoint WHERE stream = $1 AND shard = $2";

/// From here on the former writer cannot commit.
const TAKE: &str = "
    INSERT INTO wb_checkpoint (stream, shard, last_id, fence, committed_us) VALUES ($1, $2, 0, $3, $4)
    ON CONFLICT (stream, shard) DO UPDATE SET fence = excluded.fence WHERE wb_checkpoint.fence < excluded.fence";

const ADVANCE: &str = "
    UPDATE wb_checkpoint SET last_id = $5, committed_us = $6
    WHERE stream = $1 AND shard = $2 AND fence = $3 AND last_id = $4";

/// Where a shard stands.
#[derive(Clone, Copy, Debug, Default, FromRow)]
pub(super) struct Standing {
    /// The last entry that is committed.
    last_id: i64,
    /// Of the writer that may go on.
    fence: i64,
}

impl Standing {
    pub(super) fn last(self) -> EntryId {
        EntryId(self.last_id.cast_unsigned())
    }

    pub(super) fn fence(self) -> u64 {
        self.fence.cast_unsigned()
    }

    /// As it is now; zeros for a shard that was never written.
    pub(super) async fn read(db: &Db, stream: &str, shard: u16) -> Result<Self, Error> {
        let values = [stream.into(), i64::from(shard).into()];
        Ok(db.fetch_optional(Reach::Directory, STANDING, values).await?.unwrap_or_default())
    }
}

/// The last entry that is committed of a shard, by the name of its checkpoint.
pub(in super::super) async fn committed_up_to(db: &Db, name: &str, shard: Shard) -> Result<EntryId, Error> {
    Ok(Standing::read(db, name, shard.0).await?.last())
}

/// Shuts former writers out. Whether it did: a newer one may have come first.
pub(super) async fn take(db: &Db, stream: &str, tenure: &Tenure, now: Micros) -> Result<bool, Error> {
    let values =
        [stream.into(), i64::from(tenure.shard.0).into(), tenure.fence.cast_signed().into(), now.into()];
    Ok(db.execute(Reach::Directory, TAKE, values).await? == 1)
}

/// Moves the checkpoint from one entry to another, unless somebody else may or did. Whether it did. The row stays locked to
/// the transaction's end, so that a successor waits for what comes of it.
pub(super) async fn advance(
    tx: &mut Tx,
    stream: &str,
    tenure: &Tenure,
    (from, to): (EntryId, EntryId),
    now: Micros,
) -> Result<bool, Error> {
    let values = [
        stream.into(),
        i64::from(tenure.shard.0).into(),
        tenure.fence.cast_signed().into(),
        from.0.cast_signed().into(),
        to.0.cast_signed().into(),
        now.into(),
    ];
    Ok(tx.execute(ADVANCE, values).await? == 1)
}
