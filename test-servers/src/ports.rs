//! Ports that nobody uses.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::TcpListener,
};

/// How far above a server's port its cluster listens to other nodes.
const BUS: u16 = 10_000;
/// Where to look: such that the ports of the bus lie below those that the system gives to outgoing connections.
const FIRST: u16 = 16_000;
const END: u16 = 22_000;

/// A port with a free one for the bus of a cluster. Processes that look at the same time begin at different places.
///
/// # Panics
/// When none is free.
#[must_use]
pub fn free() -> u16 {
    let end = END.min(first_ephemeral().saturating_sub(BUS));
    assert!(end > FIRST, "this system gives ports above {} to outgoing connections", FIRST + BUS);
    let count = end - FIRST;
    let random = RandomState::new().hash_one(std::process::id());
    let begin = u16::try_from(random % u64::from(count)).unwrap();
    let mut ports = (0..count).map(|step| FIRST + (begin + step) % count);
    ports.find(|&port| is_free(port) && is_free(port + BUS)).expect("no port is free")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn first_ephemeral() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(32_768)
}
