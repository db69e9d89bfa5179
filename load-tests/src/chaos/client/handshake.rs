//! From an address to an upgraded socket.

use super::session::Ended;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Time for the way to an upgraded socket.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head of an answer, bytes.
const LONGEST: usize = 8 << 10;
/// When a server that is busy does not say for how long.
const BUSY: Duration = Duration::from_secs(1);

/// Connects and upgrades. The server's first byte comes after the client's first frame: nothing is read too far.
pub(super) async fn connect(address: SocketAddr) -> Result<TcpStream, Ended> {
    match timeout(PATIENCE, upgrade(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) | Err(_) => Err(Ended::Cut),
    }
}

async fn upgrade(address: SocketAddr) -> std::io::Result<Result<TcpStream, Ended>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /connection/websocket HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::with_capacity(512);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 || head.len() > LONGEST {
            return Ok(Err(Ended::Cut));
        }
    }
    let head = String::from_utf8_lossy(&head);
    Ok(match head.split(' ').nth(1) {
        Some("101") => Ok(stream),
        Some("503" | "429") => Err(Ended::Busy(retry_after(&head).unwrap_or(BUSY))),
        _ => Err(Ended::Refused(format!(
            "the upgrade was refused: {}",
            head.lines().next().unwrap_or_default()
        ))),
    })
}

fn retry_after(head: &str) -> Option<Duration> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("retry-after").then(|| value.trim())
    })?;
    line.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_says_for_how_long() {
        let head = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 3\r\n\r\n";
        assert_eq!(retry_after(head), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("HTTP/1.1 503 Service Unavailable\r\n\r\n"), None);
    }
}
