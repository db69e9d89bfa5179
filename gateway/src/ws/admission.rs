//! How many clients may come at once. Those beyond are sent away before anything is done for them: a handshake costs as much
//! as twenty-five deliveries, and those who are connected already must not pay for a storm.

use crate::http::Problem;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use realtime::{Limits, rate::TokenBucket};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Longest wait that is asked for, seconds.
const LONGEST_WAIT: u64 = 5;
/// The log says at most this often that clients are sent away.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Who may come in, over all transports of this node.
#[derive(Debug)]
pub struct Admission(Option<Mutex<Gate>>);

#[derive(Debug)]
struct Gate {
    bucket: TokenBucket,
    told: Option<Instant>,
}

impl Admission {
    /// Admits as many as the limits say; everybody when they say 0 a second.
    #[must_use]
    pub fn new(limits: &Limits) -> Arc<Self> {
        let gate = (limits.connects_per_second > 0).then(|| {
            let bucket = TokenBucket::new(limits.connects_per_second, limits.connects_burst, Instant::now());
            Mutex::new(Gate { bucket, told: None })
        });
        Arc::new(Self(gate))
    }

    fn admits(&self, now: Instant) -> bool {
        let Some(gate) = &self.0 else {
            return true;
        };
        // Nothing below leaves the gate half changed, so a panic elsewhere does not spoil it.
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        if gate.bucket.take(now) {
            return true;
        }
        let told = gate.told.is_some_and(|told| now.saturating_duration_since(told) < TOLD_EVERY);
        if !told {
            gate.told = Some(now);
            drop(gate);
            tracing::warn!(
                "more clients come than limits.connects_per_second; some are sent away for seconds"
            );
        }
        false
    }
}

/// When to come back: another second for each, so that they do not come together again. `random` is in 0..1.
fn retry_after(random: f64) -> Duration {
    let spread = (random * LONGEST_WAIT as f64) as u64;
    Duration::from_secs(1 + spread.min(LONGEST_WAIT - 1))
}

/// Lets a request that opens a connection pass, or answers with 503.
pub async fn admit(State(admission): State<Arc<Admission>>, request: Request, next: Next) -> Response {
    if admission.admits(Instant::now()) {
        return next.run(request).await;
    }
    metrics::counter!("schoolbell_connects_refused_total", "reason" => "rate").increment(1);
    let detail = "too many clients come at this moment; come back when Retry-After says so";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connects", detail);
    let mut response = problem.retry_after(retry_after(rand::random())).into_response();
    // Its socket must not keep a place of HTTP until it is idle for long enough.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connects_per_second: u32, connects_burst: u32) -> Arc<Admission> {
        Admission::new(&Limits { connects_per_second, connects_burst, ..Limits::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_and_then_the_rate_are_admitted() {
        let admission = admission(10, 3);
        let now = Instant::now();
        let admitted = |now| (0..20).filter(|_| admission.admits(now)).count();
        assert_eq!(admitted(now), 3);
        assert_eq!(admitted(now + Duration::from_millis(200)), 2);
        assert_eq!(admitted(now + Duration::from_secs(60)), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn zero_a_second_admits_everybody() {
        let admission = admission(0, 1);
        let now = Instant::now();
        assert!((0..10_000).all(|_| admission.admits(now)));
    }

    #[test]
    fn those_who_are_sent_away_are_told_to_come_back_over_one_to_five_seconds() {
        let told: Vec<u64> = (0..10).map(|tenth| retry_after(f64::from(tenth) / 10.0).as_secs()).collect();
        assert_eq!(told, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(retry_after(1.0).as_secs(), 5);
    }
}
