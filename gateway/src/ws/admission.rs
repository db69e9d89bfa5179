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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Longest wait that is asked for, seconds.
const LONGEST_WAIT: f64 = 10.0;
/// The log says at most this often that clients are sent away.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Who may come in, over all transports of this node.
#[derive(Debug)]
pub struct Admission(Option<Mutex<Gate>>);

#[derive(Debug)]
struct Gate {
    bucket: TokenBucket,
    per_second: f64,
    /// Clients that were told to come back and whose turn has not come, at the moment beside it.
    waiting: f64,
    at: Instant,
    told: Option<Instant>,
}

/// A client is sent away.
struct Refused {
    wait: Duration,
    /// The log has not been told for long.
    is_news: bool,
}

impl Admission {
    /// Admits as many as the limits say; everybody when they say 0 a second.
    #[must_use]
    pub fn new(limits: &Limits) -> Arc<Self> {
        let Limits { connects_per_second, connects_burst, .. } = *limits;
        let now = Instant::now();
        let gate = || Gate {
            bucket: TokenBucket::new(connects_per_second, connects_burst, now),
            per_second: f64::from(connects_per_second),
            waiting: 0.0,
            at: now,
            told: None,
        };
        Arc::new(Self((connects_per_second > 0).then(gate).map(Mutex::new)))
    }

    fn gate(&self) -> Option<MutexGuard<'_, Gate>> {
        // Nothing leaves the gate half changed, so a panic elsewhere does not spoil it.
        self.0.as_ref().map(|gate| gate.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is no place for anybody at this moment.
    #[must_use]
    pub fn is_storm(&self) -> bool {
        self.gate().is_some_and(|gate| gate.bucket.is_empty(Instant::now()))
    }

    /// The whole answer for a client that came over a socket of its own, if there is no place for anybody.
    #[must_use]
    pub fn refusal_in_storm(&self) -> Option<String> {
        let now = Instant::now();
        let refused = {
            let mut gate = self.gate()?;
            gate.bucket.is_empty(now).then(|| gate.refuse(now, rand::random()))?
        };
        let wait = refused.wait.as_secs();
        // A problem always has a JSON form.
        let body = serde_json::to_string(&refused.problem()).unwrap_or_default();
        Some(format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: {wait}\r\n\
             cache-control: no-store\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn admit(&self, now: Instant) -> Result<(), Refused> {
        let Some(mut gate) = self.gate() else {
            return Ok(());
        };
        if gate.bucket.take(now) { Ok(()) } else { Err(gate.refuse(now, rand::random())) }
    }
}

impl Gate {
    /// Sends a client away until it is its turn, behind all who were sent away before, so that it need not be sent away
    /// again. `random`, in 0..1, rounds to whole seconds.
    fn refuse(&mut self, now: Instant, random: f64) -> Refused {
        let passed = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.waiting = (self.waiting - passed).max(0.0) + 1.0;
        self.at = now;
        let turn = self.waiting / self.per_second;
        // Some do not look at it, and come and are counted again and again.
        let turn = if turn > LONGEST_WAIT { LONGEST_WAIT * (0.5 + random / 2.0) } else { turn };
        let wait = Duration::from_secs(((turn + random) as u64).clamp(1, LONGEST_WAIT as u64));
        let is_news = self.told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if is_news {
            self.told = Some(now);
        }
        Refused { wait, is_news }
    }
}

impl Refused {
    /// What the client is told.
    fn problem(self) -> Problem {
        metrics::counter!("schoolbell_connects_refused_total", "reason" => "rate").increment(1);
        if self.is_news {
            tracing::warn!(
                "more clients come than limits.connects_per_second; some are sent away for seconds"
            );
        }
        let detail = "too many clients come at this moment; come back when Retry-After says so";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connects", detail).retry_after(self.wait)
    }
}

/// Lets a request that opens a connection pass, or answers with 503.
pub async fn admit(State(admission): State<Arc<Admission>>, request: Request, next: Next) -> Response {
    let Err(refused) = admission.admit(Instant::now()) else {
        return next.run(request).await;
    };
    let mut response = refused.problem().into_response();
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
        let admitted = |now| (0..20).filter(|_| admission.admit(now).is_ok()).count();
        assert_eq!(admitted(now), 3);
        assert_eq!(admitted(now + Duration::from_millis(200)), 2);
        assert_eq!(admitted(now + Duration::from_secs(60)), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn zero_a_second_admits_everybody() {
        let admission = admission(0, 1);
        let now = Instant::now();
        assert!((0..10_000).all(|_| admission.admit(now).is_ok()));
    }

    /// The waits of those who come at a moment and are sent away.
    fn waits(admission: &Admission, now: Instant, clients: usize) -> Vec<u64> {
        (0..clients)
            .filter_map(|_| admission.admit(now).err())
            .map(|refused| refused.wait.as_secs())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_as_many_are_asked_back_as_can_be_admitted() {
        let admission = admission(1_000, 1);
        let now = Instant::now();
        let told = waits(&admission, now, 4_001);
        for second in 1..=3 {
            let back = told.iter().filter(|wait| **wait == second).count();
            // Rounding up or down at random moves half of a second's.
            assert!((800..=1_700).contains(&back), "{back} in second {second}");
        }
        assert!(told.iter().all(|wait| (1..=5).contains(wait)));
        let later = waits(&admission, now + Duration::from_secs(60), 1_002);
        assert!(later.iter().all(|wait| *wait <= 2), "those before have had their turn");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_longer_than_ten_seconds() {
        let told = waits(&admission(1, 1), Instant::now(), 1_000);
        assert!(told.iter().all(|wait| (1..=10).contains(wait)));
        assert!(told[500..].iter().all(|wait| *wait >= 5));
        assert!(told[500..].iter().any(|wait| *wait <= 7), "and not all come back together");
    }
}
