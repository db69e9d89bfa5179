//! One game with many players against a running demo server: how evenly a question opens, how fast answers are
//! acknowledged, and what a player costs the server.
//!
//! ```text
//! make bench                        # starts a server and runs this, five times
//! cargo run --release -p schoolbell-gateway --example quiz_battle -- --server localhost:8000 --players 500
//! ```
//! Every player is a connection of its own that answers once per question at a random moment of one second. Latencies
//! are taken by this process; CPU and memory are read from the server's `/proc` entry.

#![expect(clippy::print_stdout, reason = "a report for the terminal")]

use anyhow::{Context, bail, ensure};
use clap::Parser;
use futures_util::{SinkExt, StreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::Semaphore, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

#[derive(Parser)]
struct Options {
    /// Host and port of a server in demo mode.
    #[arg(long, default_value = "localhost:8000")]
    server: String,
    /// Players in the game.
    #[arg(long, default_value_t = 5000)]
    players: usize,
    /// Questions to play.
    #[arg(long, default_value_t = 5)]
    questions: usize,
    /// Process id of the server, to read what it uses.
    #[arg(long)]
    pid: Option<u32>,
}

/// A connection, with what arrived and was not looked at yet.
struct Client {
    socket: WebSocketStream<TcpStream>,
    inbox: VecDeque<(Instant, Value)>,
}

/// How long anything may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let http = reqwest::Client::new();
    let base = format!("http://{}", options.server);
    let teacher = sign_in(&http, &base).await?;
    let quiz = make_quiz(&http, &base, &teacher, options.questions).await?;
    let (game, pin) = open_game(&http, &base, &teacher, &quiz, options.players).await?;

    let idle = Usage::read(options.pid)?;
    let mut host = connect(&options.server, &teacher).await?;
    for (id, namespace) in [(2, "quiz"), (3, "quiz-host")] {
        host.ask(json!({"id":id,"subscribe":{"channel":format!("{namespace}:{game}")}})).await?;
    }
    println!("joining {} players …", options.players);
    let joining = Instant::now();
    let players = join_all(&http, &base, &options, &game, &pin).await?;
    println!("joined in {:.1} s", joining.elapsed().as_secs_f64());
    let seated = Usage::read(options.pid)?;

    let mut players: JoinSet<anyhow::Result<Vec<Round>>> =
        players.into_iter().map(|player| play(player, game.clone(), options.questions)).collect();
    let playing = Usage::read(options.pid)?;
    let begun = Instant::now();
    lead(&mut host, &game, options.questions).await?;
    let mut rounds = Vec::new();
    while let Some(player) = players.join_next().await {
        rounds.push(player??);
    }
    let played = Usage::read(options.pid)?;

    let report = Report::new(&options, &rounds, begun.elapsed(), [idle, seated, playing, played])?;
    println!("{}", serde_json::to_string_pretty(&report.json())?);
    println!("\n{}", report.markdown());
    Ok(())
}

async fn sign_in(http: &reqwest::Client, base: &str) -> anyhow::Result<String> {
    let session: Value = http
        .post(format!("{base}/api/v1/demo/session"))
        .json(&json!({"login":"teacher@demo.school","password":"schoolbell"}))
        .send()
        .await?
        .error_for_status()
        .context("the server must run in demo mode")?
        .json()
        .await?;
    Ok(session["token"].as_str().context("a session has a token")?.to_owned())
}

async fn make_quiz(
    http: &reqwest::Client,
    base: &str,
    token: &str,
    questions: usize,
) -> anyhow::Result<String> {
    let question = |number: usize| {
        json!({"prompt":format!("Question {number}: which tile is it?"),"kind":"single_choice","time_limit_s":30,
               "points":1,"options":[{"text":"A"},{"text":"B"},{"text":"C"},{"text":"D"}],"correct":number % 4})
    };
    let content = json!({"title":"Load","questions":(0..questions).map(question).collect::<Vec<_>>()});
    let quiz: Value = http
        .post(format!("{base}/api/v1/quizzes"))
        .bearer_auth(token)
        .json(&content)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(quiz["id"].as_str().context("a quiz has an id")?.to_owned())
}

async fn open_game(
    http: &reqwest::Client,
    base: &str,
    token: &str,
    quiz: &str,
    players: usize,
) -> anyhow::Result<(String, String)> {
    let game: Value = http
        .post(format!("{base}/api/v1/games"))
        .bearer_auth(token)
        .json(&json!({"quiz_id":quiz,"settings":{"max_players":players,"countdown_ms":1000}}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let text = |name: &str| {
        Ok::<_, anyhow::Error>(game[name].as_str().context("a game has an id and a pin")?.to_owned())
    };
    Ok((text("game")?, text("pin")?))
}

async fn join_all(
    http: &reqwest::Client,
    base: &str,
    options: &Options,
    game: &str,
    pin: &str,
) -> anyhow::Result<Vec<Client>> {
    // As many as a school's uplink would carry at the same instant.
    let gate = Arc::new(Semaphore::new(16));
    let join = |number: usize| {
        let (gate, http, server) = (Arc::clone(&gate), http.clone(), options.server.clone());
        let (url, pin, game) = (format!("{base}/api/v1/games/{game}/join"), pin.to_owned(), game.to_owned());
        async move {
            let _pass = gate.acquire().await?;
            let body = json!({"pin":pin,"nickname":format!("Player {number}")});
            let joined: Value = http.post(url).json(&body).send().await?.error_for_status()?.json().await?;
            let mut player =
                connect(&server, joined["token"].as_str().context("guests get a token")?).await?;
            player.ask(json!({"id":2,"subscribe":{"channel":format!("quiz:{game}")}})).await?;
            anyhow::Ok(player)
        }
    };
    let sockets: Vec<_> = stream::iter(0..options.players).map(join).buffer_unordered(16).collect().await;
    sockets.into_iter().collect()
}

async fn connect(server: &str, token: &str) -> anyhow::Result<Client> {
    let tcp = TcpStream::connect(server).await?;
    tcp.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let url = format!("ws://{server}/connection/websocket");
    let (socket, _) = client_async_with_config(url, tcp, Some(config)).await?;
    let mut client = Client { socket, inbox: VecDeque::new() };
    let reply = client.ask(json!({"id":1,"connect":{"token":token}})).await?;
    ensure!(reply["connect"]["client"].is_string(), "connect was refused: {reply}");
    Ok(client)
}

impl Client {
    /// Sends a command and waits for its reply. Pushes that come before stay in the inbox.
    async fn ask(&mut self, command: Value) -> anyhow::Result<Value> {
        let id = command["id"].clone();
        self.socket.send(Message::text(command.to_string())).await?;
        let (_, reply) = self.find(|message| message["id"] == id).await?;
        ensure!(reply["error"].is_null(), "{command} was refused: {reply}");
        Ok(reply)
    }

    /// Waits for a publication of a kind and gives the moment at which its frame was read.
    async fn wait_for(&mut self, kind: &str) -> anyhow::Result<Instant> {
        let (arrived, _) = self.find(|message| message["push"]["pub"]["data"]["type"] == kind).await?;
        Ok(arrived)
    }

    /// Takes the first message that is wanted out of the inbox.
    async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<(Instant, Value)> {
        loop {
            if let Some(index) = self.inbox.iter().position(|(_, message)| wanted(message)) {
                return self.inbox.remove(index).context("the index was just found");
            }
            let frame = timeout(PATIENCE, self.socket.next()).await.context("the server is silent")?;
            let Message::Text(text) = frame.context("the server closed the connection")?? else {
                continue;
            };
            let arrived = Instant::now();
            for line in text.split('\n') {
                let message: Value = serde_json::from_str(line)?;
                if message.as_object().is_some_and(serde_json::Map::is_empty) {
                    self.socket.send(Message::text("{}")).await?;
                } else {
                    self.inbox.push_back((arrived, message));
                }
            }
        }
    }
}

/// What one player saw of one question.
struct Round {
    opened: Instant,
    acknowledged: Duration,
    resulted: Instant,
}

async fn play(mut player: Client, game: String, questions: usize) -> anyhow::Result<Vec<Round>> {
    let mut rounds = Vec::with_capacity(questions);
    while rounds.len() < questions {
        let index = rounds.len();
        let opened = player.wait_for("open").await?;
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..1000))).await;
        let asked = Instant::now();
        let answer = json!({"id":index + 10,"rpc":{"method":"quiz.answer","data":
            {"game":game,"question":index,"op":format!("op-{index}"),"answer":{"choice":rand::random_range(0..4)}}}});
        player.ask(answer).await?;
        let acknowledged = asked.elapsed();
        let resulted = player.wait_for("quiz.result").await?;
        // Countdowns and boards are not looked at.
        player.inbox.clear();
        rounds.push(Round { opened, acknowledged, resulted });
    }
    Ok(rounds)
}

/// Leads the game: announces, lets the class answer, reveals by itself once all have answered.
async fn lead(host: &mut Client, game: &str, questions: usize) -> anyhow::Result<()> {
    let mut id = 100;
    for question in 0..questions {
        // Board (or lobby) to the next question; the server opens, closes and reveals by itself.
        id += 1;
        host.ask(json!({"id":id,"rpc":{"method":"quiz.next","data":{"game":game}}})).await?;
        host.wait_for("reveal").await?;
        // The results of thousands go out now: let them arrive before the next step is timed.
        tokio::time::sleep(Duration::from_secs(1)).await;
        id += 1;
        host.ask(json!({"id":id,"rpc":{"method":"quiz.next","data":{"game":game}}})).await?;
        println!("question {} of {questions} played", question + 1);
    }
    id += 1;
    host.ask(json!({"id":id,"rpc":{"method":"quiz.end","data":{"game":game}}})).await?;
    Ok(())
}

/// What the server has used, from `/proc`.
#[derive(Clone, Copy, Default)]
struct Usage {
    cpu: Duration,
    resident_kib: u64,
}

impl Usage {
    fn read(pid: Option<u32>) -> anyhow::Result<Self> {
        let Some(pid) = pid else {
            return Ok(Self::default());
        };
        let stat =
            std::fs::read_to_string(format!("/proc/{pid}/stat")).context("no such process; check --pid")?;
        // Fields behind the name: state is 3, utime 14, stime 15, in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let resident = line.trim().trim_end_matches(" kB").parse()?;
        Ok(Self { cpu: Duration::from_millis((ticks(14) + ticks(15)) * 10), resident_kib: resident })
    }
}

struct Report {
    players: usize,
    questions: usize,
    took: Duration,
    skew: Quantiles,
    acknowledged: Quantiles,
    resulted: Quantiles,
    cpu_per_answer_us: f64,
    cpu_per_join_us: f64,
    rss_per_player_kib: f64,
}

/// 50th, 99th and 100th percentile, milliseconds.
struct Quantiles([f64; 3]);

impl Quantiles {
    fn of(mut values: Vec<Duration>) -> anyhow::Result<Self> {
        if values.is_empty() {
            bail!("nothing was measured");
        }
        values.sort_unstable();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index"
            )]
            let index = ((values.len() - 1) as f64 * share) as usize;
            values[index].as_secs_f64() * 1000.0
        };
        Ok(Self([at(0.5), at(0.99), at(1.0)]))
    }
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    fn new(
        options: &Options,
        players: &[Vec<Round>],
        took: Duration,
        usage: [Usage; 4],
    ) -> anyhow::Result<Self> {
        let [idle, seated, playing, played] = usage;
        let spread = |moment: fn(&Round) -> Instant| -> anyhow::Result<Quantiles> {
            let mut behind = Vec::new();
            for question in 0..options.questions {
                let moments: Vec<Instant> = players.iter().map(|rounds| moment(&rounds[question])).collect();
                let first = moments.iter().min().copied().context("nobody played")?;
                behind.extend(moments.into_iter().map(|moment| moment - first));
            }
            Quantiles::of(behind)
        };
        let all = || players.iter().flatten();
        let answers = (options.players * options.questions) as f64;
        Ok(Self {
            players: options.players,
            questions: options.questions,
            took,
            skew: spread(|round| round.opened)?,
            acknowledged: Quantiles::of(all().map(|round| round.acknowledged).collect())?,
            resulted: spread(|round| round.resulted)?,
            cpu_per_answer_us: (played.cpu - playing.cpu).as_secs_f64() * 1e6 / answers,
            cpu_per_join_us: (seated.cpu - idle.cpu).as_secs_f64() * 1e6 / options.players as f64,
            rss_per_player_kib: seated.resident_kib.saturating_sub(idle.resident_kib) as f64
                / options.players as f64,
        })
    }

    fn json(&self) -> Value {
        let quantiles = |Quantiles([p50, p99, max]): &Quantiles| json!({"p50":p50,"p99":p99,"max":max});
        json!({
            "players": self.players, "questions": self.questions, "seconds": self.took.as_secs_f64(),
            "open_skew_ms": quantiles(&self.skew), "acknowledged_ms": quantiles(&self.acknowledged),
            "result_skew_ms": quantiles(&self.resulted), "cpu_us_per_player_and_question": self.cpu_per_answer_us,
            "cpu_us_per_join": self.cpu_per_join_us, "rss_kib_per_player": self.rss_per_player_kib,
        })
    }

    fn markdown(&self) -> String {
        let row = |name: &str, Quantiles([p50, p99, max]): &Quantiles| {
            format!("| {name} | {p50:.1} | {p99:.1} | {max:.1} |\n")
        };
        format!(
            "{} players, {} questions\n\n| ms | p50 | p99 | max |\n|---|---|---|---|\n{}{}{}\n\
             server CPU {:.0} µs per player and question, {:.0} µs per join; {:.1} KiB resident per player\n",
            self.players,
            self.questions,
            row("a question opens, after the first player saw it", &self.skew),
            row("an answer is acknowledged", &self.acknowledged),
            row("own result, after the first player saw one", &self.resulted),
            self.cpu_per_answer_us,
            self.cpu_per_join_us,
            self.rss_per_player_kib,
        )
    }
}
