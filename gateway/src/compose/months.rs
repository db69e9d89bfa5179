//! Events by month: each day the next months are made, and those dropped that are kept no longer.

use persistence::{KeptMonths, Micros, Retention, Store};
use realtime::Clock;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// After a failure. Three months are there ahead, so there is time.
const SOON: Duration = Duration::from_secs(10 * 60);

pub(super) async fn keep(store: Store, retention: Retention, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        let pause = match store.keep_months(&retention, Micros::from_millis(clock.now_ms())).await {
            Ok(kept) => {
                tell(&kept);
                DAY
            }
            Err(error) => {
                tracing::warn!(%error, "the months of events are not as they should be; trying again");
                SOON
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

fn tell(kept: &KeptMonths) {
    let KeptMonths { made, dropped, deleted } = kept;
    if !made.is_empty() {
        tracing::info!(?made, "months of events made");
    }
    if !dropped.is_empty() || *deleted > 0 {
        tracing::info!(?dropped, deleted, "events that are kept no longer are gone");
    }
}
