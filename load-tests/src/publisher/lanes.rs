//! Several publishers side by side: none waits for the answer to another's message.

use super::Publish;
use anyhow::{Context as _, anyhow};
use std::{
    sync::mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel},
    thread::JoinHandle,
    time::Instant,
};

/// Messages that wait for one publisher; with more it is the publisher that is measured, and its moments are missed.
const WAITING: usize = 64;

type Message = (usize, Vec<u8>);

/// A publisher that hands each message to one of several. Those of a channel go to the same one, in order.
pub struct Lanes {
    lanes: Vec<SyncSender<Message>>,
    failures: Receiver<anyhow::Error>,
    threads: Vec<JoinHandle<()>>,
}

impl Lanes {
    /// A thread for each of `publishers`.
    pub fn new<P: Publish + 'static>(publishers: Vec<P>) -> anyhow::Result<Self> {
        let (failed, failures) = channel();
        let (mut lanes, mut threads) = (Vec::new(), Vec::new());
        for mut publisher in publishers {
            let (lane, messages) = sync_channel::<Message>(WAITING);
            let failed = failed.clone();
            let work = move || {
                for message in messages {
                    if let Err(error) = publisher.publish(&[message]) {
                        // Whoever does not listen has failed already.
                        let _unheard = failed.send(error);
                        return;
                    }
                }
            };
            threads.push(std::thread::Builder::new().name("lane".to_owned()).spawn(work)?);
            lanes.push(lane);
        }
        Ok(Self { lanes, failures, threads })
    }

    fn check(&self) -> anyhow::Result<()> {
        match self.failures.try_recv() {
            Ok(error) => Err(error),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(()),
        }
    }
}

impl Publish for Lanes {
    fn publish(&mut self, messages: &[Message]) -> anyhow::Result<()> {
        for (channel, payload) in messages {
            let lane = self.lanes.get(channel % self.lanes.len().max(1)).context("no publisher")?;
            if lane.send((*channel, payload.clone())).is_err() {
                self.check()?;
                return Err(anyhow!("a publisher has ended"));
            }
        }
        self.check()
    }

    fn wait_until(&mut self, moment: Instant) -> anyhow::Result<()> {
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        self.check()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.lanes.clear();
        for thread in self.threads.drain(..) {
            // One that has panicked has said so.
            let _said = thread.join();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use anyhow::bail;
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    struct Noted(Arc<Mutex<Vec<Message>>>);

    impl Publish for Noted {
        fn publish(&mut self, messages: &[Message]) -> anyhow::Result<()> {
            if messages.iter().any(|(channel, _)| *channel == 99) {
                bail!("unknown channel");
            }
            self.0.lock().unwrap().extend_from_slice(messages);
            Ok(())
        }

        fn wait_until(&mut self, _: Instant) -> anyhow::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_channel_keeps_its_order_whichever_lane_it_has() {
        let noted = Arc::new(Mutex::new(Vec::new()));
        let mut lanes = Lanes::new((0..3).map(|_| Noted(Arc::clone(&noted))).collect()).unwrap();
        for number in 0..200 {
            lanes.publish(&[(usize::from(number) % 7, vec![number])]).unwrap();
        }
        drop(lanes);
        let noted = noted.lock().unwrap();
        assert_eq!(noted.len(), 200);
        for channel in 0..7 {
            let of_channel: Vec<u8> =
                noted.iter().filter(|(own, _)| *own == channel).map(|(_, data)| data[0]).collect();
            assert!(of_channel.is_sorted() && of_channel.len() >= 28);
        }
    }

    #[test]
    fn a_refusal_in_a_lane_is_told_to_the_one_who_publishes() {
        let mut lanes = Lanes::new(vec![Noted(Arc::default())]).unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        // It may be told by the very call that hands it over.
        let mut told = lanes.publish(&[(99, Vec::new())]);
        while told.is_ok() && Instant::now() < until {
            told = lanes.wait_until(Instant::now());
        }
        assert_eq!(told.unwrap_err().to_string(), "unknown channel");
    }
}
