//! Games that are played while something breaks: a teacher and students each, on resuming clients.

mod host;
mod oracle;
mod player;

pub(super) use oracle::{Report, check_scores};

use super::{
    Ground,
    check::{Stream, Verdict},
    client::{Account, Event, Mind, Speech, Who},
    crowd::Crowd,
    finding::Finding,
    history::{Entry, History, Id, Seen, hashed},
};
use crate::{http::Http, latency::Latency, mark, nodes::Nodes, outcome::number};
use anyhow::{Context as _, ensure};
use host::Host;
use player::Player;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub(super) use player::Given;

/// Options of each question.
const OPTIONS: usize = 4;
/// Numbers of the people of a trial, apart from those of other crowds.
const TEACHERS: usize = 1_000_000;
const STUDENTS: usize = 2_000_000;
/// Time for everybody to be there.
const PATIENCE: Duration = Duration::from_secs(60);
/// Complaints that are written out.
const SHOWN: usize = 5;

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) games: usize,
    /// Of each game.
    pub(super) players: usize,
    pub(super) questions: usize,
    /// Over so long the answers to a question are spread.
    pub(super) answer_within: Duration,
}

/// One game, as those outside know it.
#[derive(Clone, Debug)]
pub(super) struct Game {
    pub(super) id: String,
    /// The node where it was opened, which owns it then.
    pub(super) node: usize,
    pin: String,
    teacher: String,
}

/// Somebody in a game.
pub(super) enum Member {
    Host(Host),
    Player(Player),
}

impl Mind for Member {
    fn heard(&mut self, at: Instant, event: Event<'_>, speech: &mut Speech) {
        match self {
            Self::Host(host) => host.heard(at, event, speech),
            Self::Player(player) => player.heard(at, event, speech),
        }
    }

    fn wake(&mut self, now: Instant, speech: &mut Speech) {
        match self {
            Self::Host(host) => host.wake(now, speech),
            Self::Player(player) => player.wake(now, speech),
        }
    }

    fn due(&self) -> Option<Instant> {
        match self {
            Self::Host(host) => host.due(),
            Self::Player(player) => player.due(),
        }
    }
}

impl Member {
    fn history(&self) -> &History {
        match self {
            Self::Host(host) => &host.history,
            Self::Player(player) => &player.history,
        }
    }

    /// When something of the game was seen or answered, nanoseconds of [`mark::nanos`].
    pub(super) fn moments(&self) -> impl Iterator<Item = u64> {
        let seen = self.history().channels.iter().flatten().filter_map(|entry| match entry.seen {
            Seen::Published { .. } => Some(entry.at),
            Seen::Joined { .. } | Seen::Gone => None,
        });
        seen.chain(self.answers().iter().filter_map(|given| given.acknowledged).map(mark::nanos))
    }

    /// A player's answers.
    pub(super) fn answers(&self) -> &[Given] {
        match self {
            Self::Host(_) => &[],
            Self::Player(player) => &player.answers,
        }
    }
}

/// Games that are played.
pub(super) struct Games {
    pub(super) crowd: Crowd<Member>,
    pub(super) games: Vec<Game>,
    size: Size,
    begin: Arc<AtomicBool>,
    ended: Vec<Arc<AtomicBool>>,
}

/// Games that were played.
pub(super) struct Played {
    /// By game: the host first, then the players.
    pub(super) tables: Vec<(Game, Vec<Account<Member>>)>,
    pub(super) verdict: Verdict,
    /// What is wrong with scores and answers.
    pub(super) wrong: Vec<String>,
}

impl Games {
    /// Opens games at the nodes in turn, lets everybody join and come, and waits for them.
    pub(super) fn open(ground: &Ground, nodes: &Nodes, size: Size) -> anyhow::Result<Self> {
        let mut crowd = Crowd::new(ground.runtime.clone(), nodes.addresses());
        let (mut games, mut ended) = (Vec::new(), Vec::new());
        let begin = Arc::new(AtomicBool::new(false));
        for number in 0..size.games {
            ground.pause(Duration::ZERO)?;
            ground.progress.say(&format!("{number} of {} games are open", size.games));
            let node = number % nodes.all().len();
            let mut http = Http::connect(nodes.node(node).address())?;
            let teacher = nodes.signer().token(TEACHERS + number, "teacher")?;
            let game = Game::open(&mut http, node, teacher, size)?;
            let over = Arc::new(AtomicBool::new(false));
            let who = |token, channels, seat: usize| Who {
                token,
                channels,
                // Not only at the owner: commands travel.
                node: number + seat,
                seed: ground.seed ^ (number * 10_000 + seat) as u64,
            };
            let host = Host::new(&game.id, Arc::clone(&begin), Arc::clone(&over));
            let channels = vec![format!("quiz:{}", game.id), format!("quiz-host:{}", game.id)];
            crowd.add(who(game.teacher.clone(), channels, 0), Member::Host(host));
            for seat in 1..=size.players {
                let token = nodes.signer().token(STUDENTS + number * size.players + seat, "student")?;
                game.join(&mut http, &token, seat)?;
                let seed = ground.seed ^ (number * 20_011 + seat) as u64;
                let player = Player::new(&game.id, size.answer_within, seed);
                crowd.add(who(token, vec![format!("quiz:{}", game.id)], seat), Member::Player(player));
            }
            games.push(game);
            ended.push(over);
        }
        crowd.wait_until_whole(PATIENCE, &ground.progress)?;
        Ok(Self { crowd, games, size, begin, ended })
    }

    /// Lets the hosts begin.
    pub(super) fn begin(&self) {
        self.begin.store(true, Ordering::Relaxed);
    }

    /// Games that are over.
    pub(super) fn over(&self) -> usize {
        self.ended.iter().filter(|ended| ended.load(Ordering::Relaxed)).count()
    }

    /// Waits until all are over, and judges what was seen and what was kept.
    pub(super) fn finish(self, ground: &Ground, nodes: &Nodes, patience: Duration) -> anyhow::Result<Played> {
        let until = Instant::now() + patience;
        while self.over() < self.games.len() {
            self.crowd.check()?;
            ground.progress.say(&format!("{} of {} games are over", self.over(), self.games.len()));
            ensure!(
                Instant::now() < until,
                "only {} of {} games are over after {patience:?}",
                self.over(),
                self.games.len()
            );
            ground.pause(Duration::from_millis(50))?;
        }
        self.crowd.wait_until_whole(PATIENCE, &ground.progress)?;
        // The last frame may be on its way to some.
        ground.pause(Duration::from_secs(3))?;
        let each = self.size.players + 1;
        let mut accounts = self.crowd.finish()?.into_iter();
        let mut played = Played { tables: Vec::new(), verdict: Verdict::default(), wrong: Vec::new() };
        let address = living(nodes)?;
        for game in self.games {
            let table: Vec<Account<Member>> = accounts.by_ref().take(each).collect();
            played.judge(address, game, table)?;
        }
        Ok(played)
    }
}

/// A node to ask afterwards.
fn living(nodes: &Nodes) -> anyhow::Result<SocketAddr> {
    let node = nodes.all().iter().find(|node| node.is_ready());
    node.map(crate::nodes::Node::address).context("no node is ready at the end")
}

impl Played {
    fn judge(&mut self, node: SocketAddr, game: Game, table: Vec<Account<Member>>) -> anyhow::Result<()> {
        let heard: Vec<(usize, &[Entry])> = table
            .iter()
            .enumerate()
            .map(|(seat, account)| (seat, account.mind.history().channels[0].as_slice()))
            .collect();
        let name = format!("quiz:{}", game.id);
        self.verdict.merge(Stream { name: &name, published: &[], heard: &heard, numbered: false }.check());
        let mut http = Http::connect(node)?;
        let bearer = format!("Bearer {}", game.teacher);
        let mut get = |what: &str| -> anyhow::Result<Vec<u8>> {
            let path = format!("/api/v1/games/{}/{what}", game.id);
            let (status, body) = http.try_get(&path, ("Authorization", &bearer))?;
            ensure!(status == 200, "{path}: {status} {}", String::from_utf8_lossy(&body));
            Ok(body)
        };
        let report: Report = serde_json::from_slice(&get("report")?).context("an unreadable report")?;
        let players = table[1..].iter().enumerate();
        let answers: Vec<(String, &[Given])> =
            players.map(|(index, account)| (nickname(index + 1), account.mind.answers())).collect();
        self.wrong
            .extend(check_scores(&report, &answers).into_iter().map(|wrong| format!("{name}: {wrong}")));
        let replay: Value = serde_json::from_slice(&get("replay")?)?;
        if replay["equal"] != true {
            self.wrong.push(format!("{name}: the log gives other scores: {}", replay["differences"]));
        }
        self.tables.push((game, table));
        Ok(())
    }

    /// Every answer that was acknowledged: when it was due, when it was acknowledged, and in which game.
    pub(super) fn acknowledged(&self) -> impl Iterator<Item = (&Game, Instant, Instant)> {
        self.tables.iter().flat_map(|(game, table)| {
            let answers = table.iter().flat_map(|account| account.mind.answers());
            answers.filter_map(move |given| Some((game, given.due, given.acknowledged?)))
        })
    }

    /// From a moment, or when an answer was due within a while after it, to its acknowledgement.
    pub(super) fn waits(&self, from: Instant, within: Duration) -> Latency {
        let mut latency = Latency::new();
        for (_, due, acknowledged) in self.acknowledged() {
            if acknowledged > from && due < from + within {
                latency.record_time(acknowledged.saturating_duration_since(due.max(from)));
            }
        }
        latency
    }

    /// Says that no question was closed before everybody had answered who was there, or on the way back.
    pub(super) fn expect_nobody_shut_out(&self, finding: &mut Finding) {
        let answers =
            self.tables.iter().flat_map(|(_, table)| table).flat_map(|account| account.mind.answers());
        let refused = answers.filter(|given| given.refused.is_some()).count();
        finding.promise(
            "nobody is shut out of a question",
            refused == 0,
            format!("{refused} answers refused"),
        );
    }

    /// Says what became of answers, scores and frames.
    pub(super) fn report(&self, finding: &mut Finding) {
        let acknowledged = self.acknowledged().count();
        let given: usize =
            self.tables.iter().flat_map(|(_, table)| table).map(|account| account.mind.answers().len()).sum();
        let seen = self.wrong.first().map_or_else(
            || format!("{acknowledged} acknowledged of {given} given, in {} games", self.tables.len()),
            |first| format!("{} complaints; {first}", self.wrong.len()),
        );
        finding.promise("0 acknowledged answers lost; scores equal the oracle", self.wrong.is_empty(), seen);
        let complaints = &self.verdict.complaints;
        let seen = complaints.first().map_or_else(
            || format!("{} frames", self.verdict.deliveries),
            |first| format!("{} complaints; {first}", complaints.len()),
        );
        finding.promise(
            "one order of frames for all, none stale, lost or doubled",
            complaints.is_empty(),
            seen,
        );
        let more = self.wrong.iter().skip(1).take(SHOWN).cloned();
        more.chain(self.verdict.firsts().skip(1).take(SHOWN).map(ToString::to_string))
            .for_each(|text| finding.note(text));
        finding.figure("games", "games", "", number(self.tables.len() as u64));
        finding.figure("acknowledged", "answers acknowledged", "", number(acknowledged as u64));
        let refusals =
            self.tables.iter().flat_map(|(_, table)| table).flat_map(|account| account.mind.answers());
        let mut codes: Vec<u32> = refusals.filter_map(|given| given.refused).collect();
        codes.sort_unstable();
        finding.figure("refused", "refused", "", number(codes.len() as u64));
        codes.dedup();
        if !codes.is_empty() {
            finding.note(format!("answers were refused, never having been acknowledged, with {codes:?}"));
        }
        finding.figure("frames", "frames", "", number(self.verdict.deliveries));
        finding.figure("told", "told", "", number(self.verdict.told.len() as u64));
    }
}

impl Game {
    fn open(http: &mut Http, node: usize, teacher: String, size: Size) -> anyhow::Result<Self> {
        let bearer = format!("Bearer {teacher}");
        let mut post = |path: &str, body: &Value| {
            http.post(&format!("/api/v1/{path}"), ("Authorization", &bearer), body.to_string().as_bytes())
        };
        let text = |value: &Value, key: &str| -> anyhow::Result<String> {
            Ok(value[key].as_str().with_context(|| format!("an answer without {key}"))?.to_owned())
        };
        let question = |number: usize| {
            json!({"prompt":format!("Question {number}: which tile is it?"),"kind":"single_choice","time_limit_s":30,
                   "points":1,"options":[{"text":"A"},{"text":"B"},{"text":"C"},{"text":"D"}],"correct":number % OPTIONS})
        };
        let content =
            json!({"title":"Chaos","questions":(0..size.questions).map(question).collect::<Vec<_>>()});
        let quiz = text(&post("quizzes", &content)?, "id")?;
        // Full points at any time: what a player has does not depend on when the answer came.
        let settings = json!({"max_players":size.players,"countdown_ms":300,"score_rule":"accuracy-1"});
        let opened = post("games", &json!({"quiz_id":quiz,"settings":settings}))?;
        Ok(Self { id: text(&opened, "game")?, pin: text(&opened, "pin")?, node, teacher })
    }

    fn join(&self, http: &mut Http, token: &str, seat: usize) -> anyhow::Result<()> {
        let body = json!({"pin":self.pin,"nickname":nickname(seat)}).to_string();
        let path = format!("/api/v1/games/{}/join", self.id);
        http.post(&path, ("Authorization", &format!("Bearer {token}")), body.as_bytes()).map(drop)
    }
}

/// What the player in a seat, from 1, is called.
pub(super) fn nickname(seat: usize) -> String {
    format!("Player {seat}")
}

/// The right answer to a question.
fn right(question: usize) -> usize {
    question % OPTIONS
}

/// A frame of a game, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Frame<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    seq: u64,
    /// The owner's fence, where frames carry it; without it the room's own numbers tell old from new.
    fence: Option<u64>,
    question: Option<Index>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Index {
    index: usize,
}

/// Where a game stands, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    phase: Cow<'a, str>,
    phase_seq: u64,
    question: Option<Index>,
}

/// What a frame is told apart by.
fn id_of(data: &str) -> Id {
    let frame = serde_json::from_str::<Frame<'_>>(data).ok();
    hashed(data, frame.map(|frame| frame.fence.unwrap_or(frame.seq)))
}
