//! The game at the server: made by a teacher of the demo school, joined by PIN.

use crate::{
    frame::{self, TEXT},
    http::Http,
};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Options of each question.
pub(super) const OPTIONS: usize = 4;
/// Connections that join; each asks again as soon as it is answered.
const JOINING: usize = 16;

/// An open game.
pub(super) struct Game {
    target: SocketAddr,
    /// Its id.
    pub(super) id: String,
    pin: String,
    /// The teacher's token.
    pub(super) host: String,
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    Ok(value[key].as_str().with_context(|| format!("an answer without {key}"))?.to_owned())
}

impl Game {
    /// Signs in, makes a quiz and opens a game of it.
    pub(super) fn open(target: SocketAddr, players: usize, questions: usize) -> anyhow::Result<Self> {
        let mut http = Http::connect(target)?;
        let mut post = |path: &str, token: &str, body: &Value| {
            let token = format!("Bearer {token}");
            http.post(&format!("/api/v1/{path}"), ("Authorization", &token), body.to_string().as_bytes())
        };
        let sign_in = json!({"login":"teacher@demo.school","password":"schoolbell"});
        let session = post("demo/session", "", &sign_in).context("the server must run in demo mode")?;
        let host = text(&session, "token")?;
        let question = |number: usize| {
            json!({"prompt":format!("Question {number}: which tile is it?"),"kind":"single_choice","time_limit_s":30,
                   "points":1,"options":[{"text":"A"},{"text":"B"},{"text":"C"},{"text":"D"}],"correct":number % OPTIONS})
        };
        let content = json!({"title":"Load","questions":(0..questions).map(question).collect::<Vec<_>>()});
        let quiz = text(&post("quizzes", &host, &content)?, "id")?;
        let settings = json!({"max_players":players,"countdown_ms":1000});
        let game = post("games", &host, &json!({"quiz_id":quiz,"settings":settings}))?;
        Ok(Self { target, id: text(&game, "game")?, pin: text(&game, "pin")?, host })
    }

    /// Lets players join and gives their tokens.
    pub(super) fn join(&self, players: usize) -> anyhow::Result<Vec<String>> {
        let join = |first: usize| -> anyhow::Result<Vec<String>> {
            let mut http = Http::connect(self.target)?;
            let path = format!("/api/v1/games/{}/join", self.id);
            let mut tokens = Vec::new();
            for number in (first..players).step_by(JOINING) {
                crate::interrupt::check()?;
                let body = json!({"pin":self.pin,"nickname":format!("Player {number}")}).to_string();
                tokens.push(text(
                    &http.post(&path, ("Accept", "application/json"), body.as_bytes())?,
                    "token",
                )?);
            }
            Ok(tokens)
        };
        let joined = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..JOINING).map(|first| scope.spawn(move || join(first))).collect();
            let ended = threads.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread of players failed")))
            });
            ended.collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(joined.into_iter().flatten().collect())
    }

    /// A host's command as a frame.
    pub(super) fn command(&self, verb: &str) -> Vec<u8> {
        framed(&json!({"id":100,"rpc":{"method":format!("quiz.{verb}"),"data":{"game":self.id}}}))
    }

    /// A player's answer as a frame.
    pub(super) fn answer(&self, question: usize, choice: usize) -> Vec<u8> {
        framed(&json!({"id":question + 10,"rpc":{"method":"quiz.answer","data":
            {"game":self.id,"question":question,"op":format!("op-{question}"),"answer":{"choice":choice}}}}))
    }
}

fn framed(command: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write_client(&mut out, TEXT, command.to_string().as_bytes());
    out
}
