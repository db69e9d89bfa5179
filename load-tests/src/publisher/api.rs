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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    /// What a server gets to see of one call, which it answers with `answer`.
    fn asked(messages: &[(usize, Vec<u8>)], answer: &'static str) -> (String, anyhow::Result<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let channels = vec!["load:0".to_owned(), "load:1".to_owned()];
        let published = ApiPublisher::new(target, "/api/", "secret", channels).unwrap().publish(messages);
        (serving.join().unwrap(), published)
    }

    #[test]
    fn one_message_is_published_and_several_are_a_batch() {
        let (one, published) = asked(&[(1, b"{}".to_vec())], r#"{"result":{}}"#);
        published.unwrap();
        assert!(one.starts_with("POST /api/publish HTTP/1.1\r\n") && one.contains("X-API-Key: secret\r\n"));
        assert!(one.ends_with(r#"{"channel":"load:1","data":{}}"#), "{one}");

        let (two, published) = asked(&[(0, b"1".to_vec()), (1, b"2".to_vec())], r#"{"replies":[{},{}]}"#);
        published.unwrap();
        assert!(two.starts_with("POST /api/batch HTTP/1.1\r\n"));
        let commands = r#"{"commands":[{"publish":{"channel":"load:0","data":1}},{"publish":{"channel":"load:1","data":2}}]}"#;
        assert!(two.ends_with(commands), "{two}");
    }

    #[test]
    fn a_refusal_within_an_answer_is_an_error() {
        let message = [(0, b"1".to_vec())];
        let (_, published) = asked(&message, r#"{"error":{"code":102,"message":"unknown channel"}}"#);
        assert!(published.unwrap_err().to_string().contains("unknown channel"));
        let both = [(0, b"1".to_vec()), (1, b"2".to_vec())];
        assert!(asked(&both, r#"{"replies":[{},{"error":{"code":102}}]}"#).1.is_err());
    }
}
