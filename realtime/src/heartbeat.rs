//! Pings of the server, pongs of the client, and what they tell about the way between.

use protocol::{Disconnect, Encoding, Frame, Message};
use std::{sync::LazyLock, time::Duration};
use tokio::time::Instant;

/// The beat of one connection. Time is an argument.
#[derive(Debug)]
pub struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    next_ping: Instant,
    sent: Option<Instant>,
    /// Until when the pong has to be here.
    patience: Instant,
    best_round_trip: Option<Duration>,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing yet.
    Wait,
    /// Send a ping.
    Ping,
}

/// The ping of an encoding, or the WebSocket protocol's own. Made once: every connection gets the same.
pub(crate) fn ping(encoding: Encoding, native: bool) -> &'static Frame {
    static NATIVE: LazyLock<Frame> = LazyLock::new(Frame::ping);
    static JSON: LazyLock<Frame> = LazyLock::new(|| Encoding::Json.encode(&Message::Ping));
    static MSGPACK: LazyLock<Frame> = LazyLock::new(|| Encoding::MsgPack.encode(&Message::Ping));
    static PROTOBUF: LazyLock<Frame> = LazyLock::new(|| Encoding::Protobuf.encode(&Message::Ping));
    match encoding {
        _ if native => &NATIVE,
        Encoding::Json => &JSON,
        Encoding::MsgPack => &MSGPACK,
        Encoding::Protobuf => &PROTOBUF,
    }
}

impl Heartbeat {
    /// The first ping goes out after `first`, which is drawn between half an interval and a whole one so that
    /// connections that came together do not beat together.
    #[must_use]
    pub fn new(interval: Duration, timeout: Duration, first: Duration, now: Instant) -> Self {
        Self { interval, timeout, next_ping: now + first, sent: None, patience: now, best_round_trip: None }
    }

    /// When [`Self::beat`] wants to be asked.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.sent.map_or(self.next_ping, |_| self.patience)
    }

    /// What is due now.
    ///
    /// # Errors
    /// [`Disconnect::NO_PONG`] when a ping was not answered in time.
    pub fn beat(&mut self, now: Instant) -> Result<Beat, Disconnect> {
        match self.sent {
            Some(_) if now >= self.patience => Err(Disconnect::NO_PONG),
            None if now >= self.next_ping => {
                self.sent = Some(now);
                self.patience = now + self.timeout;
                self.next_ping = now + self.interval;
                Ok(Beat::Ping)
            }
            Some(_) | None => Ok(Beat::Wait),
        }
    }

    /// The server itself has not read since: the pong may be waiting for it.
    pub fn excuse(&mut self, now: Instant) {
        self.patience = now + self.timeout;
    }

    /// Takes a pong.
    ///
    /// # Errors
    /// [`Disconnect::BAD_REQUEST`] when no ping is outstanding.
    pub fn pong(&mut self, now: Instant) -> Result<(), Disconnect> {
        let sent = self.sent.take().ok_or(Disconnect::BAD_REQUEST)?;
        let round_trip = now.saturating_duration_since(sent);
        self.best_round_trip = Some(self.best_round_trip.map_or(round_trip, |best| best.min(round_trip)));
        Ok(())
    }

    /// Estimated time from the client to here: half of the best round trip, zero before the first pong.
    ///
    /// Taking the best means that a pong held back later gains nothing; who holds back every pong gains what the
    /// user of this estimate bounds it to.
    #[must_use]
    pub fn one_way(&self) -> Duration {
        self.best_round_trip.unwrap_or_default() / 2
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(25);
    const TIMEOUT: Duration = Duration::from_secs(8);

    fn beating(now: Instant) -> Heartbeat {
        Heartbeat::new(INTERVAL, TIMEOUT, INTERVAL / 2, now)
    }

    #[test]
    fn a_pong_in_time_keeps_the_connection() {
        let start = Instant::now();
        let mut heart = beating(start);
        assert_eq!(heart.beat(start), Ok(Beat::Wait));
        let at = heart.deadline();
        assert_eq!(heart.beat(at), Ok(Beat::Ping));
        heart.pong(at + Duration::from_millis(80)).unwrap();
        assert_eq!(heart.deadline(), at + INTERVAL);
        assert_eq!(heart.one_way(), Duration::from_millis(40));
    }

    #[test]
    fn a_missing_pong_and_a_pong_too_many_end_it() {
        let start = Instant::now();
        let mut heart = beating(start);
        assert_eq!(heart.pong(start), Err(Disconnect::BAD_REQUEST));
        let at = heart.deadline();
        heart.beat(at).unwrap();
        assert_eq!(heart.beat(at + TIMEOUT), Err(Disconnect::NO_PONG));
    }

    #[test]
    fn a_client_is_not_blamed_for_what_the_server_has_not_read() {
        let start = Instant::now();
        let mut heart = beating(start);
        let at = heart.deadline();
        heart.beat(at).unwrap();
        let work_ended = at + 3 * TIMEOUT;
        heart.excuse(work_ended);
        assert_eq!(heart.beat(work_ended), Ok(Beat::Wait));
        assert_eq!(heart.deadline(), work_ended + TIMEOUT);
        assert_eq!(heart.beat(heart.deadline()), Err(Disconnect::NO_PONG));
    }

    #[test]
    fn a_pong_held_back_gains_nothing_over_the_best_one() {
        let start = Instant::now();
        let mut heart = beating(start);
        for delay in [30, 5_000, 7_000] {
            let at = heart.deadline();
            heart.beat(at).unwrap();
            heart.pong(at + Duration::from_millis(delay)).unwrap();
        }
        assert_eq!(heart.one_way(), Duration::from_millis(15));
    }
}
