//! Whether what clients saw can be: one order for all, nothing lost, doubled or left out in silence, and nothing of an
//! owner that was replaced.

#[cfg(test)]
mod tests;

use super::history::{Entry, Seen};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

/// A publication that the server acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Published {
    /// The publisher's number, growing within the channel.
    pub(super) id: u64,
    /// Where the server said it is.
    pub(super) epoch: String,
    pub(super) offset: u64,
}

/// A promise that was broken, by whom it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A publication was left out, and nobody said so.
    Hole { after: u64, next: u64 },
    /// The same publication came again.
    Doubled { offset: u64 },
    /// A publication came after one that follows it.
    Reordered { offset: u64, after: u64 },
    /// At one position there is something else than others saw there, or than was acknowledged.
    Split { offset: u64 },
    /// Numbers of one publisher do not grow with the offsets.
    Disorder { offset: u64 },
    /// The stream became another one, and the client was told that it goes on.
    EpochUnsaid { from: String, to: String },
    /// A recovery went on elsewhere than at the position asked for.
    Misplaced { asked: u64, given: u64 },
    /// A publication outside of a subscription.
    Stray { offset: u64 },
    /// An acknowledged publication never came, though the client was told that it has everything.
    Lost { offset: u64, top: u64 },
    /// The stream is another one by now, and the client was never told.
    Outdated { epoch: String, newest: String },
    /// The client had no subscription at the end.
    Absent,
    /// A frame of an owner that had been replaced.
    FenceBack { from: u64, to: u64 },
}

/// Something broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) channel: String,
    pub(super) client: usize,
    pub(super) broken: Broken,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.client {
            NOBODY => write!(f, "{}: {:?}", self.channel, self.broken),
            client => write!(f, "client {client} on {}: {:?}", self.channel, self.broken),
        }
    }
}

/// What a channel's clients saw, counted, and all that is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// Publications that were seen, each by each client.
    pub(super) deliveries: u64,
    /// Subscriptions that went on.
    pub(super) recovered: u64,
    /// Clients that were told, once or more, that they cannot go on.
    pub(super) told: HashSet<usize>,
    pub(super) complaints: Vec<Complaint>,
}

impl Verdict {
    /// The first complaint of each channel: the others there mostly follow from it.
    pub(super) fn firsts(&self) -> impl Iterator<Item = &Complaint> {
        let mut channels = HashSet::new();
        self.complaints.iter().filter(move |complaint| channels.insert(complaint.channel.as_str()))
    }

    /// Adds that of another channel.
    pub(super) fn merge(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.recovered += other.recovered;
        self.told.extend(other.told);
        self.complaints.extend(other.complaints);
    }
}

/// Instead of a client's number, where no single client saw what is wrong.
const NOBODY: usize = usize::MAX;

/// One channel: what was acknowledged, and what each of its clients saw of it.
pub(super) struct Stream<'a> {
    pub(super) name: &'a str,
    /// In the order of the publisher. Empty where publications are known by what clients saw only.
    pub(super) published: &'a [Published],
    /// The clients' numbers, and what they saw.
    pub(super) heard: &'a [(usize, &'a [Entry])],
    /// Whether publications have numbers that grow.
    pub(super) numbered: bool,
}

impl Stream<'_> {
    /// Judges it.
    pub(super) fn check(&self) -> Verdict {
        let mut verdict = Verdict::default();
        let mut agreed = Agreed::default();
        for published in self.published {
            let is_new = agreed.put(&published.epoch, published.offset, published.id);
            if !is_new {
                verdict.complaints.push(self.complaint(NOBODY, Broken::Split { offset: published.offset }));
            }
        }
        if let Some(last) = self.published.last() {
            agreed.had(u64::MAX, &last.epoch);
        }
        let walks: Vec<Walk> = self
            .heard
            .iter()
            .map(|(client, entries)| {
                let mut walk = Walk::default();
                let mut broken = Vec::new();
                for entry in *entries {
                    walk.step(entry, &mut agreed, &mut broken);
                }
                verdict.deliveries += walk.deliveries;
                verdict.recovered += walk.recovered;
                if walk.told > 0 {
                    verdict.told.insert(*client);
                }
                verdict.complaints.extend(broken.into_iter().map(|broken| self.complaint(*client, broken)));
                walk
            })
            .collect();
        if self.numbered {
            let disorder =
                agreed.disorder().map(|offset| self.complaint(NOBODY, Broken::Disorder { offset }));
            verdict.complaints.extend(disorder);
        }
        for (walk, (client, _)) in walks.iter().zip(self.heard) {
            let broken = walk.end(&agreed);
            verdict.complaints.extend(broken.map(|broken| self.complaint(*client, broken)));
        }
        verdict
    }

    fn complaint(&self, client: usize, broken: Broken) -> Complaint {
        Complaint { channel: self.name.to_owned(), client, broken }
    }
}

/// What stands at each position of each epoch, by the first who said so.
#[derive(Default)]
struct Agreed {
    epochs: HashMap<String, BTreeMap<u64, u64>>,
    /// The epoch that the stream has now: that of the last acknowledgement, else that of the last subscription.
    newest: Option<(u64, String)>,
}

impl Agreed {
    /// Whether nobody said anything else before.
    fn put(&mut self, epoch: &str, offset: u64, id: u64) -> bool {
        let stream = match self.epochs.get_mut(epoch) {
            Some(stream) => stream,
            None => self.epochs.entry(epoch.to_owned()).or_default(),
        };
        *stream.entry(offset).or_insert(id) == id
    }

    /// Notes that an epoch was the stream's at a moment.
    fn had(&mut self, at: u64, epoch: &str) {
        if self.newest.as_ref().is_none_or(|(newest, _)| at >= *newest) {
            self.newest = Some((at, epoch.to_owned()));
        }
    }

    fn top(&self, epoch: &str) -> u64 {
        let last = self.epochs.get(epoch).and_then(|stream| stream.last_key_value());
        last.map_or(0, |(offset, _)| *offset)
    }

    /// The first offset whose number is not above the one before it.
    fn disorder(&self) -> Option<u64> {
        self.epochs.values().find_map(|stream| {
            let mut pairs = stream.iter().zip(stream.iter().skip(1));
            pairs.find(|((_, before), (_, id))| id <= before).map(|(_, (offset, _))| *offset)
        })
    }
}

/// One client on its way through its entries.
#[derive(Default)]
struct Walk {
    position: Option<(String, u64)>,
    here: bool,
    ids: HashSet<u64>,
    fence: u64,
    deliveries: u64,
    recovered: u64,
    told: u64,
}

impl Walk {
    fn step(&mut self, entry: &Entry, agreed: &mut Agreed, broken: &mut Vec<Broken>) {
        match &entry.seen {
            Seen::Gone => self.here = false,
            Seen::Joined { epoch, offset, recovered } => {
                agreed.had(entry.at, epoch);
                self.join(epoch, *offset, *recovered, broken);
            }
            Seen::Published { offset, id, fence } => self.publication(*offset, *id, *fence, agreed, broken),
        }
    }

    fn join(&mut self, epoch: &str, offset: u64, recovered: bool, broken: &mut Vec<Broken>) {
        self.here = true;
        match &mut self.position {
            Some((known, at)) if recovered => {
                self.recovered += 1;
                if known != epoch {
                    broken.push(Broken::EpochUnsaid { from: known.clone(), to: epoch.to_owned() });
                }
                if *at != offset {
                    broken.push(Broken::Misplaced { asked: *at, given: offset });
                }
                (*known, *at) = (epoch.to_owned(), offset);
            }
            Some(position) => {
                self.told += 1;
                // Whose stream is gone may publish again what nobody can find there any more.
                self.ids.clear();
                *position = (epoch.to_owned(), offset);
            }
            None => self.position = Some((epoch.to_owned(), offset)),
        }
    }

    fn publication(
        &mut self,
        offset: u64,
        id: u64,
        fence: Option<u64>,
        agreed: &mut Agreed,
        broken: &mut Vec<Broken>,
    ) {
        self.deliveries += 1;
        let Some((epoch, at)) = self.position.as_mut().filter(|_| self.here) else {
            broken.push(Broken::Stray { offset });
            return;
        };
        let is_new = self.ids.insert(id);
        match offset {
            _ if offset == *at + 1 && is_new => {}
            _ if !is_new => broken.push(Broken::Doubled { offset }),
            _ if offset > *at => broken.push(Broken::Hole { after: *at, next: offset }),
            _ => broken.push(Broken::Reordered { offset, after: *at }),
        }
        *at = offset.max(*at);
        if !agreed.put(epoch, offset, id) {
            broken.push(Broken::Split { offset });
        }
        if let Some(fence) = fence {
            if fence < self.fence {
                broken.push(Broken::FenceBack { from: self.fence, to: fence });
            }
            self.fence = fence.max(self.fence);
        }
    }

    fn end(&self, agreed: &Agreed) -> Option<Broken> {
        let Some((epoch, at)) = self.position.as_ref().filter(|_| self.here) else {
            return Some(Broken::Absent);
        };
        // A client that was never told of a newer epoch believes that it has everything, and has not.
        if let Some((_, newest)) = agreed.newest.as_ref().filter(|(_, newest)| newest != epoch) {
            return Some(Broken::Outdated { epoch: epoch.clone(), newest: newest.clone() });
        }
        let top = agreed.top(epoch);
        (*at < top).then_some(Broken::Lost { offset: *at, top })
    }
}
