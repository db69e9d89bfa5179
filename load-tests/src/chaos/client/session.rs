//! One connection of a client.

use super::{Client, Event, Failure, Mind, Position, Speech, wire};
use crate::frame::{self, CLOSE, TEXT};
use rand::Rng as _;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use wire::Line;

/// Time for a reply.
const REPLY: Duration = Duration::from_secs(6);
/// Silence beyond the ping interval after which the connection is given up.
const SILENCE: Duration = Duration::from_secs(10);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// As it was asked to.
    Stopped,
    /// Come back.
    Cut,
    /// Come back after so long.
    Busy(Duration),
    /// Nobody may come back after this.
    Refused(String),
}

/// What a reply is waited for.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Connect,
    Subscribe(usize),
    Call(u32),
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seat {
    Asked,
    Taken,
    /// Asked again at this moment.
    Later(Instant),
}

pub(super) struct Session<'a, M> {
    client: &'a mut Client<M>,
    stream: TcpStream,
    inbox: Vec<u8>,
    out: String,
    frames: Vec<u8>,
    speech: Speech,
    next_id: u32,
    asked: Vec<(u32, Asked, Instant)>,
    seats: Vec<Seat>,
    connected: bool,
    whole: bool,
    ping: Duration,
    heard_at: Instant,
}

impl<'a, M: Mind> Session<'a, M> {
    pub(super) fn new(client: &'a mut Client<M>, stream: TcpStream) -> Self {
        let seats = client.who.channels.iter().map(|_| Seat::Asked).collect();
        Self {
            client,
            stream,
            inbox: Vec::new(),
            out: String::new(),
            frames: Vec::new(),
            speech: Speech::default(),
            next_id: 0,
            asked: Vec::new(),
            seats,
            connected: false,
            whole: false,
            ping: REPLY,
            heard_at: Instant::now(),
        }
    }

    /// Whether all subscriptions stand.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Lets it live.
    pub(super) async fn run(&mut self) -> Ended {
        let token = &self.client.who.token;
        let connect = format!(r#""connect":{{"token":"{token}"}}"#);
        self.say(Asked::Connect, &connect);
        // All in one frame, as the JavaScript SDK does.
        for channel in 0..self.seats.len() {
            self.subscribe(channel);
        }
        loop {
            self.speak();
            if !self.out.is_empty() {
                let frame_text = std::mem::take(&mut self.out);
                self.frames.clear();
                frame::write_client(&mut self.frames, TEXT, frame_text.as_bytes());
                match timeout(REPLY, self.stream.write_all(&self.frames)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return Ended::Cut,
                }
            }
            let due = tokio::time::Instant::from_std(self.due());
            tokio::select! {
                read = self.stream.read_buf(&mut self.inbox) => match read {
                    Ok(0) | Err(_) => return self.cut(0),
                    Ok(_) => if let Some(ended) = self.take_frames() { return ended },
                },
                () = tokio::time::sleep_until(due) => {
                    if let Some(ended) = self.tick(Instant::now()) { return ended }
                }
                changed = self.client.orders.changed() => {
                    let stop = changed.is_err() || self.client.orders.borrow_and_update().stop;
                    // Dropped without a word, as a network does it.
                    return if stop { Ended::Stopped } else { Ended::Cut };
                }
            }
        }
    }

    fn cut(&self, code: u16) -> Ended {
        self.client.around.closed(code);
        if wire::comes_back(code) { Ended::Cut } else { Ended::Refused(format!("closed with {code}")) }
    }

    fn say(&mut self, asked: Asked, command: &str) {
        self.next_id += 1;
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(&format!(r#"{{"id":{},{command}}}"#, self.next_id));
        self.asked.push((self.next_id, asked, Instant::now() + REPLY));
    }

    fn subscribe(&mut self, channel: usize) {
        let name = &self.client.who.channels[channel];
        let command = match &self.client.positions[channel] {
            Some(Position { epoch, offset }) => format!(
                r#""subscribe":{{"channel":"{name}","recover":true,"epoch":"{epoch}","offset":{offset}}}"#
            ),
            None => format!(r#""subscribe":{{"channel":"{name}"}}"#),
        };
        self.seats[channel] = Seat::Asked;
        self.say(Asked::Subscribe(channel), &command);
    }

    fn speak(&mut self) {
        for (tag, method, data) in std::mem::take(&mut self.speech.calls) {
            if self.connected {
                self.say(Asked::Call(tag), &format!(r#""rpc":{{"method":"{method}","data":{data}}}"#));
            }
        }
    }

    /// When something has to be looked at, though nothing came.
    fn due(&self) -> Instant {
        let asked = self.asked.iter().map(|(_, _, until)| *until);
        let later = self.seats.iter().filter_map(|seat| match seat {
            Seat::Later(at) => Some(*at),
            Seat::Asked | Seat::Taken => None,
        });
        let mind = self.client.mind.due().filter(|_| self.connected);
        let silence = self.heard_at + self.ping + SILENCE;
        asked.chain(later).chain(mind).min().map_or(silence, |due| due.min(silence))
    }

    fn tick(&mut self, now: Instant) -> Option<Ended> {
        if now >= self.heard_at + self.ping + SILENCE {
            return Some(Ended::Cut);
        }
        let late: Vec<Asked> =
            self.asked.iter().filter(|(_, _, until)| *until <= now).map(|(_, asked, _)| *asked).collect();
        self.asked.retain(|(_, _, until)| *until > now);
        for asked in late {
            let Asked::Call(tag) = asked else { return Some(Ended::Cut) };
            let failure = Failure { code: 0, message: "no answer in time".to_owned(), temporary: true };
            self.tell(now, Event::Answered { tag, result: Err(failure) });
        }
        for channel in 0..self.seats.len() {
            if matches!(self.seats[channel], Seat::Later(at) if at <= now) {
                self.subscribe(channel);
            }
        }
        if self.client.mind.due().is_some_and(|due| due <= now) {
            self.client.mind.wake(now, &mut self.speech);
        }
        None
    }

    fn tell(&mut self, at: Instant, event: Event<'_>) {
        self.client.mind.heard(at, event, &mut self.speech);
    }

    fn take_frames(&mut self) -> Option<Ended> {
        let now = Instant::now();
        self.heard_at = now;
        let mut inbox = std::mem::take(&mut self.inbox);
        let mut ended = None;
        let taken = frame::scan(&inbox, |frame| {
            if ended.is_some() {
                return;
            }
            ended = match frame.opcode {
                CLOSE => {
                    let code =
                        frame.payload.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
                    Some(self.cut(code))
                }
                _ => frame.payload.split(|byte| *byte == b'\n').find_map(|line| self.hear(now, line)),
            };
        });
        inbox.drain(..taken);
        // An idle client keeps no buffer of a busy moment.
        if inbox.is_empty() && inbox.capacity() > 16 << 10 {
            inbox = Vec::new();
        }
        self.inbox = inbox;
        ended
    }

    fn hear(&mut self, now: Instant, line: &[u8]) -> Option<Ended> {
        if line.is_empty() {
            return None;
        }
        let Ok(line) = serde_json::from_slice::<Line<'_>>(line) else {
            return Some(Ended::Refused(format!("an unreadable line: {}", String::from_utf8_lossy(line))));
        };
        if let Some(push) = &line.push {
            self.pushed(now, push);
            return None;
        }
        if line.id == 0 {
            self.out.push_str(if self.out.is_empty() { "{}" } else { "\n{}" });
            return None;
        }
        // Replies to calls that were given up are nobody's any more.
        let place = self.asked.iter().position(|(id, _, _)| *id == line.id)?;
        let (_, asked, _) = self.asked.swap_remove(place);
        self.replied(now, asked, &line)
    }

    fn pushed(&mut self, now: Instant, push: &wire::Push<'_>) {
        let channel = self.client.who.channels.iter().position(|name| *name == push.channel);
        match (channel, &push.publication, &push.unsubscribe) {
            (Some(channel), Some(publication), _) => self.published(now, channel, publication),
            (None, Some(_), _) => self.tell(now, Event::Personal),
            (Some(channel), None, Some(unsubscribed)) => {
                if unsubscribed.code == 2502 {
                    self.client.positions[channel] = None;
                }
                if unsubscribed.code < 2500 {
                    self.client.around.fail(format!("unsubscribed for good with {}", unsubscribed.code));
                }
                self.lost_seat(channel);
                self.tell(now, Event::Left { channel });
                self.later(channel, now);
            }
            _ => {}
        }
    }

    fn published(&mut self, now: Instant, channel: usize, publication: &wire::Publication<'_>) {
        if let Some(position) = &mut self.client.positions[channel] {
            position.offset = publication.offset;
            if let Some(epoch) = &publication.epoch
                && *epoch != position.epoch
            {
                // Nobody told the client that its stream is another one.
                let why = format!("epoch {} became {epoch} within a subscription", position.epoch);
                self.client.around.fail(why);
            }
        }
        let data = publication.data.map_or("null", |data| data.get());
        self.tell(now, Event::Published { channel, offset: publication.offset, data });
    }

    fn replied(&mut self, now: Instant, asked: Asked, line: &Line<'_>) -> Option<Ended> {
        match asked {
            Asked::Connect => {
                if let Some(refusal) = &line.error {
                    let again = refusal.temporary || refusal.code < 100;
                    let why = || format!("connect was refused: {} {}", refusal.code, refusal.message);
                    return Some(if again { Ended::Cut } else { Ended::Refused(why()) });
                }
                self.connected = true;
                let ping = line.connect.as_ref().map_or(0, |connected| connected.ping);
                self.ping = Duration::from_secs(if ping == 0 { 3_600 } else { ping });
                self.become_whole(now);
            }
            Asked::Subscribe(channel) => match (&line.error, &line.subscribe) {
                (Some(refusal), _) if refusal.temporary || matches!(refusal.code, 0..100 | 109) => {
                    self.later(channel, now);
                }
                (Some(refusal), _) => {
                    let name = &self.client.who.channels[channel];
                    let why = format!("{name} was refused: {} {}", refusal.code, refusal.message);
                    return Some(Ended::Refused(why));
                }
                (None, subscribed) => {
                    if let Some(subscribed) = subscribed {
                        self.joined(now, channel, subscribed);
                    }
                }
            },
            Asked::Call(tag) => {
                let result = match &line.error {
                    Some(refusal) => Err(Failure {
                        code: refusal.code,
                        message: refusal.message.clone().into_owned(),
                        temporary: refusal.temporary,
                    }),
                    None => Ok(line.rpc.as_ref().and_then(|rpc| rpc.data).map_or("null", |data| data.get())),
                };
                self.tell(now, Event::Answered { tag, result });
            }
        }
        None
    }

    fn joined(&mut self, now: Instant, channel: usize, subscribed: &wire::Subscribed<'_>) {
        let wire::Subscribed { epoch, offset, recovered, publications } = subscribed;
        // A channel without positions has no epoch, and nothing to ask for later.
        self.client.positions[channel] =
            (!epoch.is_empty()).then(|| Position { epoch: epoch.clone().into_owned(), offset: *offset });
        self.seats[channel] = Seat::Taken;
        self.tell(now, Event::Joined { channel, epoch, offset: *offset, recovered: *recovered });
        for publication in publications {
            self.published(now, channel, publication);
        }
        self.become_whole(now);
    }

    fn become_whole(&mut self, now: Instant) {
        if !self.whole && self.connected && self.seats.iter().all(|seat| *seat == Seat::Taken) {
            self.whole = true;
            self.client.became_whole(now);
        }
    }

    fn lost_seat(&mut self, channel: usize) {
        self.seats[channel] = Seat::Asked;
        if std::mem::take(&mut self.whole) {
            self.client.around.whole.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Subscribes again after the delay of the SDKs.
    fn later(&mut self, channel: usize, now: Instant) {
        let delay = Duration::from_millis(self.client.dice.random_range(100..500));
        self.seats[channel] = Seat::Later(now + delay);
    }
}
