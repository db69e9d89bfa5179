//! Where a request comes from.

use crate::config::Config;
use axum::http::HeaderMap;
use std::net::IpAddr;

/// The address of the other end of the socket. Put into each request by `listen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The address of the client: the peer's, or what trusted proxies say. Put into each request by `router`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// Addresses of `X-Forwarded-For` that are looked at; a longer list is somebody's invention.
const MAX_HOPS: usize = 16;

/// The client's address: from the right of `X-Forwarded-For` the first that is no trusted proxy, as long as what told
/// us so is one.
#[must_use]
pub fn client_address(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = peer.to_canonical();
    let lists: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let hops = lists.iter().rev().flat_map(|list| list.rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        if !config.trusts(client) {
            break;
        }
        let Some(address) = address_of(hop.trim()) else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// An address, with a port or without.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inner, _)| inner);
    bare.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let config = Config {
            trusted_proxies: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            ..Config::default()
        };
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        client_address(&config, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_trusted_proxies_only() {
        assert_eq!(client(&[], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_writes_into_the_list_itself_is_not_believed() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn addresses_may_have_ports_and_brackets() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client(&trusted, "::ffff:10.0.0.1", &["198.51.100.1:443"]), "198.51.100.1");
        assert_eq!(client(&trusted, "10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
    }
}
