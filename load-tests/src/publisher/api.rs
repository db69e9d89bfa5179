//! Publishing by the server's HTTP API.

use super::Publish;
use crate::http::Http;
use anyhow::{bail, ensure};
use serde_json::Value;
use std::{net::SocketAddr, time::Instant};

/// Publishes by `POST <path>/publish`, several at once by `<path>/batch`.
pub struct ApiPublisher {
    http: Http,
    path: String,
    key: String,
    channels: Vec<String>,
}

impl ApiPublisher {
    /// Connects.
    pub fn new(target: SocketAddr, path: &str, key: &str, channels: Vec<String>) -> anyhow::Result<Self> {
        let http = Http::connect(target)?;
        Ok(Self { http, path: path.trim_end_matches('/').to_owned(), key: key.to_owned(), channels })
    }

    fn post(&mut self, method: &str, body: &[u8]) -> anyhow::Result<Value> {
        let path = format!("{}/{method}", self.path);
        let answer = self.http.post(&path, ("X-API-Key", &self.key), body)?;
        if !answer["error"].is_null() {
            bail!("{path} was refused: {}", answer["error"]);
        }
        Ok(answer)
    }

    fn request(&self, (channel, data): &(usize, Vec<u8>)) -> Vec<u8> {
        let mut body = format!(r#"{{"channel":"{}","data":"#, self.channels[*channel]).into_bytes();
        body.extend_from_slice(data);
        body.push(b'}');
        body
    }
}

impl Publish for ApiPublisher {
    fn publish(&mut self, messages: &[(usize, Vec<u8>)]) -> anyhow::Result<()> {
        if let [message] = messages {
            let body = self.request(message);
            return self.post("publish", &body).map(drop);
        }
        let mut body = br#"{"commands":["#.to_vec();
        for (index, message) in messages.iter().enumerate() {
            body.extend_from_slice(if index == 0 { br#"{"publish":"# } else { br#",{"publish":"# });
            body.extend(self.request(message));
            body.push(b'}');
        }
        body.extend_from_slice(b"]}");
        let answer = self.post("batch", &body)?;
        let replies = answer["replies"].as_array().or_else(|| answer["result"]["replies"].as_array());
        if let Some(replies) = replies {
            let refused = replies.iter().find(|reply| !reply["error"].is_null());
            ensure!(refused.is_none(), "a publication of a batch was refused: {refused:?}");
        }
        Ok(())
    }

    fn wait_until(&mut self, moment: Instant) -> anyhow::Result<()> {
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        Ok(())
    }
}
