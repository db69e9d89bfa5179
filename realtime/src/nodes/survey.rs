//! What is asked of all nodes and counted together.
//!
//! A node that does not answer in time is named, so that whoever asks can tell a small number from an incomplete one.

use super::{NodeId, NodeInfo, Peers};
use crate::{
    key::ChannelKey,
    node::{Node, Population},
};
use bytes::Bytes;
use protocol::{Channel, ids::SchoolId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, time::Duration};

const REPORT: &str = "survey.report";
const SUBSCRIBERS: &str = "survey.subscribers";
const CHANNELS: &str = "survey.channels";

/// Channels that one node lists in one answer: with the longest names they fit into a body of
/// [`MAX_BODY`](super::MAX_BODY).
const PAGE: usize = 10_000;

/// What the nodes answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey<T> {
    /// The answers, in the order of the nodes' names.
    pub answers: Vec<(NodeId, T)>,
    /// Nodes that did not answer.
    pub missing: Vec<NodeId>,
}

impl<T: DeserializeOwned> Survey<T> {
    async fn take(peers: &dyn Peers, topic: &str, question: &impl Serialize, deadline: Duration) -> Self {
        let mut survey = Self { answers: Vec::new(), missing: Vec::new() };
        for (node, answer) in peers.ask_all(topic, encode(question), deadline).await {
            match answer.ok().and_then(|body| serde_json::from_slice(&body).ok()) {
                Some(answer) => survey.answers.push((node, answer)),
                None => survey.missing.push(node),
            }
        }
        survey
    }
}

impl<T> Survey<T> {
    fn map<U>(self, change: impl Fn(T) -> U) -> Survey<U> {
        let answers = self.answers.into_iter().map(|(node, answer)| (node, change(answer))).collect();
        Survey { answers, missing: self.missing }
    }
}

/// Channels that live on any node, with their subscriptions on all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivingChannels {
    /// Subscriptions by channel.
    pub subscribers: BTreeMap<Channel, usize>,
    /// Nodes whose channels are not, or not all, among them.
    pub missing: Vec<NodeId>,
}

/// More channels live than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {most} channels live; ask for fewer")]
pub struct TooManyChannels {
    /// How many were asked for at most.
    pub most: usize,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// As it is entered among the nodes.
    pub node: NodeInfo,
    /// Seconds since its start, by a clock that nobody sets: the time of day of its start may be wrong.
    pub uptime_s: u64,
    /// How much of the school that was asked for lives there.
    #[serde(with = "PopulationForm")]
    pub population: Population,
}

/// What each node says of itself and of its part of a school. Users with connections to several nodes are counted on each.
pub async fn reports(peers: &dyn Peers, school: SchoolId, deadline: Duration) -> Survey<NodeReport> {
    Survey::take(peers, REPORT, &school, deadline).await
}

/// How much of a school lives on each node. Users with connections to several nodes are counted on each.
pub async fn populations(peers: &dyn Peers, school: SchoolId, deadline: Duration) -> Survey<Population> {
    reports(peers, school, deadline).await.map(|report| report.population)
}

/// Subscriptions to a channel on each node.
pub async fn subscribers(peers: &dyn Peers, key: &ChannelKey, deadline: Duration) -> Survey<usize> {
    Survey::take(peers, SUBSCRIBERS, &(key.school, &key.channel), deadline).await
}

/// The channels of a school that `keep` keeps and that have subscriptions on any node. Nodes with many are asked page by
/// page, each page with the same `deadline`.
///
/// # Errors
/// [`TooManyChannels`] when there are more than `most`.
pub async fn channels(
    peers: &dyn Peers,
    school: SchoolId,
    keep: &(dyn Fn(&Channel) -> bool + Sync),
    most: usize,
    deadline: Duration,
) -> Result<LivingChannels, TooManyChannels> {
    let mut living = LivingChannels::default();
    for node in peers.alive().iter() {
        let mut behind = None;
        loop {
            let question = encode(&(school, &behind));
            let answer = peers.ask(&node.id, CHANNELS, question, deadline).await.ok();
            let page = answer.and_then(|body| serde_json::from_slice::<Vec<(Channel, usize)>>(&body).ok());
            let Some(page) = page else {
                living.missing.push(node.id.clone());
                break;
            };
            behind = page.get(PAGE - 1).map(|(channel, _)| channel.clone());
            for (channel, subscribers) in page.into_iter().filter(|(channel, _)| keep(channel)) {
                *living.subscribers.entry(channel).or_default() += subscribers;
            }
            if living.subscribers.len() > most {
                return Err(TooManyChannels { most });
            }
            if behind.is_none() {
                break;
            }
        }
    }
    Ok(living)
}

/// This node's part of a survey; none when the topic is none, or the question cannot be read.
pub(super) fn answer(node: &Node, topic: &str, question: &[u8]) -> Option<Bytes> {
    match topic {
        REPORT => {
            let school = serde_json::from_slice(question).ok()?;
            let nodes = node.peers.alive();
            let own = nodes.iter().find(|info| info.id == *node.peers.own_id())?.clone();
            let report = NodeReport {
                node: own,
                uptime_s: node.uptime().as_secs(),
                population: node.population(school),
            };
            Some(encode(&report))
        }
        SUBSCRIBERS => {
            let (school, channel) = serde_json::from_slice(question).ok()?;
            Some(encode(&node.hub.subscriber_count(&ChannelKey::new(school, channel))))
        }
        CHANNELS => {
            let (school, behind): (SchoolId, Option<Channel>) = serde_json::from_slice(question).ok()?;
            Some(encode(&page(node.hub.channels_of(school), behind.as_ref(), PAGE)))
        }
        _ => None,
    }
}

/// The first channels behind one, in the order of their names.
fn page(mut channels: Vec<(Channel, usize)>, behind: Option<&Channel>, size: usize) -> Vec<(Channel, usize)> {
    channels.retain(|(channel, _)| behind.is_none_or(|behind| channel > behind));
    channels.sort_unstable();
    channels.truncate(size);
    channels
}

fn encode(value: &impl Serialize) -> Bytes {
    // Ids, texts and numbers always have a JSON form; an empty answer would count as none.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// A [`Population`] between nodes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Population")]
struct PopulationForm {
    connections: usize,
    users: usize,
    subscriptions: usize,
    channels: usize,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        config::RealtimeConfig,
        connection::Connection,
        nodes::{AskError, ControlMessage, Handler as _, Load, TellError},
        subscription::{Subscription, Terms},
    };
    use async_trait::async_trait;
    use protocol::Encoding;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::{sync::watch, time::sleep};
    use tokio_util::sync::CancellationToken;

    const SECOND: Duration = Duration::from_secs(1);

    /// A node with one subscription to each channel.
    fn with_channels(school: SchoolId, names: impl Iterator<Item = String>) -> Arc<Node> {
        let node = Node::embedded(RealtimeConfig::default());
        let connection = Connection::new(Encoding::Json, 1 << 20, tokio::time::Instant::now());
        let connection = Arc::new(connection);
        for name in names {
            let key = ChannelKey::new(school, Channel::parse(&name).unwrap());
            let subscription = Subscription::pending(key, Arc::clone(&connection), Terms::default());
            node.hub.subscribe(Arc::new(subscription));
        }
        node
    }

    /// Two nodes, seen from neither: one answers, the other falls silent after some answers.
    struct Two {
        node: Arc<Node>,
        failing: Arc<Node>,
        answers: AtomicUsize,
    }

    impl Two {
        fn new(node: Arc<Node>, failing: Arc<Node>, answers: usize) -> Self {
            Self { node, failing, answers: AtomicUsize::new(answers) }
        }
    }

    #[async_trait]
    impl Peers for Two {
        fn own_id(&self) -> &NodeId {
            self.node.peers.own_id()
        }

        fn alive(&self) -> Arc<[NodeInfo]> {
            let info = |node: &Node| NodeInfo {
                id: node.peers.own_id().clone(),
                started_at: 0,
                version: String::new(),
                draining: false,
                load: Load::default(),
            };
            Arc::from([info(&self.node), info(&self.failing)])
        }

        fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>> {
            self.node.peers.changes()
        }

        fn is_isolated(&self) -> bool {
            false
        }

        fn returns(&self) -> watch::Receiver<u64> {
            self.node.peers.returns()
        }

        async fn joined(&self) {}

        fn begin_drain(&self) {}

        async fn tell_all(&self, _: &ControlMessage) -> Result<(), TellError> {
            Ok(())
        }

        async fn ask(
            &self,
            node: &NodeId,
            topic: &str,
            body: Bytes,
            deadline: Duration,
        ) -> Result<Bytes, AskError> {
            let asked = if node == self.own_id() { &self.node } else { &self.failing };
            let takes_one = |left: usize| left.checked_sub(1);
            if node != self.own_id()
                && self.answers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, takes_one).is_err()
            {
                sleep(deadline).await;
                return Err(AskError::Deadline);
            }
            asked.duties.answer(topic, body).await.ok_or(AskError::Unavailable)
        }

        async fn run(self: Arc<Self>, _: CancellationToken) {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_does_not_answer_is_named_and_not_waited_for_twice() {
        let school = SchoolId::generate();
        let node = with_channels(school, ["a:1", "a:2"].map(str::to_owned).into_iter());
        let names = ["a:2", "b:1"].into_iter().map(str::to_owned);
        let failing = with_channels(school, names.chain((0..PAGE).map(|number| format!("c:{number}"))));
        let missing = [failing.peers.own_id().clone()];
        let began = tokio::time::Instant::now();

        let silent = Two::new(Arc::clone(&node), Arc::clone(&failing), 0);
        let told = reports(&silent, school, SECOND).await;
        assert_eq!((told.answers.len(), &told.missing[..]), (1, &missing[..]));
        assert_eq!(told.answers[0].0, *node.peers.own_id());
        let living = channels(&silent, school, &|_| true, usize::MAX, SECOND).await.unwrap();
        assert_eq!((living.subscribers.len(), &living.missing[..]), (2, &missing[..]));
        assert_eq!(began.elapsed(), 2 * SECOND);

        // It breaks off after its first page.
        let failing_later = Two::new(Arc::clone(&node), Arc::clone(&failing), 1);
        let living = channels(&failing_later, school, &|_| true, usize::MAX, SECOND).await.unwrap();
        assert_eq!((living.subscribers.len(), &living.missing[..]), (PAGE + 1, &missing[..]));

        let well = Two::new(Arc::clone(&node), failing, usize::MAX);
        let living = channels(&well, school, &|_| true, usize::MAX, SECOND).await.unwrap();
        assert_eq!((living.subscribers.len(), living.missing.len()), (PAGE + 3, 0));
        let both = Channel::parse("a:2").unwrap();
        assert_eq!(living.subscribers[&both], 2, "counted on both");
        assert_eq!(reports(&well, school, SECOND).await.answers.len(), 2);
    }

    #[tokio::test]
    async fn channels_come_from_all_pages_as_far_as_they_are_wanted() {
        let school = SchoolId::generate();
        let node = with_channels(school, (0..=2 * PAGE).map(|number| format!("a:{number}")));
        let all = channels(&*node.peers, school, &|_| true, 2 * PAGE + 1, SECOND).await.unwrap();
        assert_eq!((all.subscribers.len(), all.missing.len()), (2 * PAGE + 1, 0));
        assert!(all.subscribers.values().all(|subscribers| *subscribers == 1));
        let most = 2 * PAGE;
        assert_eq!(
            channels(&*node.peers, school, &|_| true, most, SECOND).await,
            Err(TooManyChannels { most })
        );
        let seven = |channel: &Channel| channel.rest() == "7";
        assert_eq!(channels(&*node.peers, school, &seven, 1, SECOND).await.unwrap().subscribers.len(), 1);
        let other = channels(&*node.peers, SchoolId::generate(), &|_| true, 1, SECOND).await.unwrap();
        assert_eq!(other, LivingChannels::default(), "schools do not share channels");
    }

    #[tokio::test]
    async fn a_node_reports_itself_and_one_school() {
        let school = SchoolId::generate();
        let node = with_channels(school, ["a:1", "a:2"].map(str::to_owned).into_iter());
        let report = async |school| {
            let survey = reports(&*node.peers, school, SECOND).await;
            assert_eq!(survey.missing, []);
            survey.answers.into_iter().map(|(_, report)| report).collect::<Vec<_>>()
        };
        let [ours] = &report(school).await[..] else { unreachable!("one node, one report") };
        assert_eq!((ours.node.id.as_str(), ours.node.draining), (&*node.id, false));
        assert_eq!((ours.node.version == node.config.version, ours.uptime_s), (true, 0));
        assert_eq!((ours.population.channels, ours.population.subscriptions), (2, 2));
        let [theirs] = &report(SchoolId::generate()).await[..] else { unreachable!("one node, one report") };
        assert_eq!(theirs.population, Population::default());
        node.peers.begin_drain();
        assert!(report(school).await[0].node.draining);
    }

    #[tokio::test]
    async fn subscriptions_are_counted_by_channel_and_school() {
        let school = SchoolId::generate();
        let node = with_channels(school, ["a:1".to_owned()].into_iter());
        let count = |school, name: &str| {
            let (node, key) = (Arc::clone(&node), ChannelKey::new(school, Channel::parse(name).unwrap()));
            async move {
                let answers = subscribers(&*node.peers, &key, SECOND).await.answers;
                answers.into_iter().map(|(_, count)| count).collect::<Vec<_>>()
            }
        };
        assert_eq!(count(school, "a:1").await, [1]);
        assert_eq!(count(school, "a:2").await, [0]);
        assert_eq!(count(SchoolId::generate(), "a:1").await, [0]);
    }

    #[test]
    fn pages_follow_each_other_without_a_hole() {
        let channel = |name: &str| Channel::parse(name).unwrap();
        let all: Vec<_> = ["d", "a", "c", "e", "b"].map(|name| (channel(name), 1)).into();
        let names = |behind: Option<&str>| {
            let page = page(all.clone(), behind.map(channel).as_ref(), 2);
            page.iter().map(|(channel, _)| channel.to_string()).collect::<String>()
        };
        assert_eq!(
            [names(None), names(Some("b")), names(Some("d")), names(Some("e"))],
            ["ab", "cd", "e", ""]
        );
    }

    #[test]
    fn the_largest_page_fits_a_body() {
        let longest = Channel::parse(&"\"".repeat(protocol::channel::MAX_LENGTH)).unwrap();
        let page = vec![(longest, usize::MAX); PAGE];
        assert!(encode(&page).len() <= crate::nodes::MAX_BODY);
    }
}
