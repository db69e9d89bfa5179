//! One process of a crowd, from inside.

use super::{
    order::{Answer, Order, Seats, Tally},
    speech::Speaking,
};
use crate::{
    audience::{Audience, Guests},
    interrupt,
    latency::Latency,
    mark,
    progress::Progress,
    seating::Seating,
};
use anyhow::{Context as _, bail};
use std::{
    io::{BufRead as _, Write as _},
    sync::mpsc::{Receiver, TryRecvError, channel},
    time::{Duration, Instant},
};

/// Longest turn, after which it is looked for orders.
const TURN: Duration = Duration::from_millis(20);

/// Follows orders from standard input until it ends.
pub fn serve() -> anyhow::Result<()> {
    interrupt::watch()?;
    let orders = orders()?;
    let Ok(first) = orders.recv() else { return Ok(()) };
    let Order::Sit(seats) = first? else { bail!("nobody has said who sits where") };
    let served = Part::new(&seats).and_then(|mut part| part.serve(&orders));
    if let Err(error) = &served {
        answer(&Answer::Failed(format!("{error:#}")))?;
    }
    Ok(())
}

/// Orders, read on a thread of their own.
fn orders() -> anyhow::Result<Receiver<anyhow::Result<Order>>> {
    let (sender, orders) = channel();
    let listen = move || {
        for line in std::io::stdin().lock().lines() {
            let order = line.map_err(anyhow::Error::from).and_then(|line| Ok(serde_json::from_str(&line)?));
            if sender.send(order).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("orders".to_owned()).spawn(listen)?;
    Ok(orders)
}

fn answer(answer: &Answer) -> anyhow::Result<()> {
    let line = serde_json::to_string(answer)? + "\n";
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).context("nobody listens any more")
}

struct Part {
    audience: Audience,
    speaking: Speaking,
    connections: usize,
    progress: Progress,
}

impl Part {
    fn new(seats: &Seats) -> anyhow::Result<Self> {
        let Seats { channels, each, first, connections, all, .. } = *seats;
        let seating = Seating { channels, each };
        let tokens = std::fs::read_to_string(&seats.tokens)
            .with_context(|| format!("cannot read {}", seats.tokens.display()))?;
        let guests = Guests {
            dialect: seats.dialect,
            tokens: tokens.lines().map(str::to_owned).collect(),
            // One more than there are seats in: that of everybody.
            channels: (0..=channels).map(|channel| format!("{}{channel}", seats.namespace)).collect(),
            seating,
        };
        Ok(Self {
            audience: Audience::at(seats.doors.clone(), guests, first, connections)?,
            speaking: Speaking::new(seating, first, connections, all),
            connections,
            progress: Progress::silent(),
        })
    }

    fn serve(&mut self, orders: &Receiver<anyhow::Result<Order>>) -> anyhow::Result<()> {
        loop {
            match orders.try_recv() {
                Ok(order) => answer(&self.follow(&order?)?)?,
                Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => {}
            }
            let latest = Instant::now() + TURN;
            let until = self.speaking.next_moment().map_or(latest, |moment| moment.min(latest));
            self.audience.turn(until)?;
            self.speaking.say_due(&mut self.audience)?;
            if let Some(refusal) = self.audience.refusal() {
                bail!("the server refuses what is said: {refusal}");
            }
        }
    }

    fn follow(&mut self, order: &Order) -> anyhow::Result<Answer> {
        match order {
            Order::Sit(_) => bail!("everybody sits already"),
            Order::Enter => self.audience.enter_all(0..self.connections, &self.progress)?,
            Order::Follow { channel } => self.audience.follow_all(*channel, &self.progress)?,
            Order::Count => self.audience.count_from_now(),
            Order::Speak(speech) => self.speaking.begin(*speech),
            Order::Tell => return Ok(Answer::Tally(Box::new(self.tally()))),
        }
        Ok(Answer::Done)
    }

    fn tally(&self) -> Tally {
        let audience = &self.audience;
        Tally {
            deliveries: audience.deliveries(),
            frames: audience.received().0,
            span: audience.span().map(|(first, last)| (mark::nanos(first), mark::nanos(last))),
            faults: audience.faults(),
            ends: audience.ends().to_vec(),
            times: Latency::counts(audience.latency()),
            spoken: self.speaking.spoken,
            latest: u64::try_from(self.speaking.latest.as_nanos()).unwrap_or(u64::MAX),
        }
    }
}
