//! As much of HTTP/1.1 as a publisher and a player need: one kept connection, JSON there and back.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer that is read, bytes.
const LARGEST: usize = 64 << 20;

/// A connection to one server.
pub struct Http {
    stream: BufReader<TcpStream>,
    target: SocketAddr,
}

impl Http {
    /// Connects.
    pub fn connect(target: SocketAddr) -> anyhow::Result<Self> {
        Self::connect_within(target, PATIENCE)
    }

    /// Connects to a server that has so much time for this, and for each answer.
    pub fn connect_within(target: SocketAddr, patience: Duration) -> anyhow::Result<Self> {
        let stream = TcpStream::connect_timeout(&target, patience)
            .with_context(|| format!("no server at {target}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Self { stream: BufReader::new(stream), target })
    }

    /// Posts `body` with a header of its own and gives the answer.
    ///
    /// # Errors
    /// If the status is not 2xx, with what the server says.
    pub fn post(&mut self, path: &str, header: (&str, &str), body: &[u8]) -> anyhow::Result<Value> {
        let (status, answer) = self.try_post(path, header, body)?;
        ensure!((200..300).contains(&status), "{path}: {status} {}", String::from_utf8_lossy(&answer));
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer).with_context(|| format!("{path} does not answer in JSON"))
    }

    /// Gets with a header of its own; status and body whatever they are.
    pub fn try_get(&mut self, path: &str, header: (&str, &str)) -> anyhow::Result<(u16, Vec<u8>)> {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{}: {}\r\n\r\n", self.target, header.0, header.1);
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer().with_context(|| format!("no answer to {path}"))
    }

    /// Posts, and gives status and body whatever they are.
    pub fn try_post(
        &mut self,
        path: &str,
        header: (&str, &str),
        body: &[u8],
    ) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{}: {}\r\nContent-Length: {}\r\n\r\n",
            self.target, header.0, header.1, body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)?;
        self.answer().with_context(|| format!("no answer to {path}"))
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server ended the connection");
        Ok(line.trim_end().to_owned())
    }

    fn answer(&mut self) -> anyhow::Result<(u16, Vec<u8>)> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).context("no status line")?.parse()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse()?,
                "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        if !chunked {
            return Ok((status, self.bytes(length)?));
        }
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16).context("a chunk without a size")?;
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok((status, body));
            }
            if body.len() > LARGEST {
                bail!("an answer without an end");
            }
        }
    }

    fn bytes(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        ensure!(length <= LARGEST, "an answer of {length} bytes");
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answered(answer: &'static str) -> anyhow::Result<Value> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let answer = Http::connect(target).unwrap().post("/api/publish", ("X-API-Key", "k"), b"{}");
        assert!(serving.join().unwrap().contains("\r\nX-API-Key: k\r\n"));
        answer
    }

    #[test]
    fn answers_are_read_whole_with_a_length_and_in_chunks() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
        assert_eq!(answered(plain).unwrap()["a"], 1);
        let chunked =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
        assert_eq!(answered(chunked).unwrap()["a"], 1);
    }

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let answer = answered("HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nno key!");
        assert!(answer.unwrap_err().to_string().contains("401 no key!"));
    }
}
