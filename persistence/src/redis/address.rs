//! Where Redis is and how to be let in, read from its URL.

use super::{RedisConfig, StartError};
use fred::rustls::pki_types::CertificateDer;
use fred::rustls::pki_types::pem::PemObject as _;
use fred::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use fred::rustls_native_certs::load_native_certs;
use fred::types::RespVersion;
use fred::types::config::{Config, Server, ServerConfig, TlsConfig, TlsConnector};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

const FORM: &str = "it must look like redis://[user[:password]@]host:port[/database] for one server, or \
                    redis-cluster://[user[:password]@]host:port[?node=host:port] for a cluster; \
                    rediss:// and rediss-cluster:// use TLS";

/// Where one server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ServerAddress {
    pub host: String,
    pub port: u16,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What is needed to connect to any server of an installation.
pub(super) struct Access {
    pub cluster: bool,
    /// At least one.
    pub seeds: Vec<ServerAddress>,
    username: Option<String>,
    password: Option<String>,
    database: Option<u8>,
    tls: Option<TlsConfig>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cluster, seeds, .. } = self;
        f.debug_struct("Access").field("cluster", cluster).field("seeds", seeds).finish_non_exhaustive()
    }
}

impl Access {
    /// Reads the URL and, with TLS, the certificates. No text of an error holds any of the password.
    pub(super) fn read(config: &RedisConfig) -> Result<Self, StartError> {
        let unreadable =
            |cause: &str| StartError::Address(format!("redis.url cannot be read ({cause}); {FORM}"));
        let (scheme, rest) = config.url.split_once("://").ok_or_else(|| unreadable("no scheme"))?;
        let (tls, cluster) = match scheme {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis-cluster" => (false, true),
            "rediss-cluster" => (true, true),
            _ => return Err(unreadable("an unknown scheme")),
        };
        // Credentials may hold what they like, so only what stands behind them is looked at.
        let behind = rest.rsplit_once('@').map_or(rest, |(_, behind)| behind);
        let (place, query) = behind.split_once('?').unwrap_or((behind, ""));
        let path = place.split_once('/').map_or("", |(_, path)| path);
        if cluster && !path.is_empty() {
            return Err(unreadable("a cluster has no numbered databases"));
        }
        let names_nodes = cluster && query.split('&').all(|pair| pair.starts_with("node="));
        if !query.is_empty() && !names_nodes {
            return Err(unreadable("only node=host:port may stand behind the question mark, for a cluster"));
        }
        // TLS is set up below: the client's own way takes no certificate of the operator.
        let plain = format!("{}://{rest}", if cluster { "redis-cluster" } else { "redis" });
        let parsed = Config::from_url(&plain).map_err(|error| unreadable(error.details()))?;
        let seeds: Vec<_> = parsed.server.hosts().iter().map(seed).collect();
        if seeds.iter().any(|seed| seed.host.is_empty() || seed.port == 0) {
            return Err(unreadable("no host or no port"));
        }
        let tls = if tls { Some(trust(config.ca_file.as_deref())?) } else { None };
        let Config { username, password, database, .. } = parsed;
        Ok(Self { cluster, seeds, username, password, database, tls })
    }

    /// The client's settings for one server. A cluster's masters are each a server of their own to it: the routing is
    /// ours, so that one master that is away delays no command for another.
    pub(super) fn to_server(&self, address: &ServerAddress) -> Config {
        let host = address.host.clone();
        let server = if host.contains(':') {
            Server::new_with_tls(format!("[{host}]"), address.port, Some(host))
        } else {
            Server::new(host, address.port)
        };
        Config {
            fail_fast: false,
            username: self.username.clone(),
            password: self.password.clone(),
            server: ServerConfig::Centralized { server },
            version: RespVersion::RESP3,
            database: self.database,
            tls: self.tls.clone(),
            ..Config::default()
        }
    }
}

fn seed(server: &Server) -> ServerAddress {
    let host = server.host.trim_start_matches('[').trim_end_matches(']');
    ServerAddress { host: host.to_owned(), port: server.port }
}

/// Whose certificates are trusted: those of the file alone if there is one, else those of the system.
fn trust(ca_file: Option<&Path>) -> Result<TlsConfig, StartError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let bad = |cause: &dyn fmt::Display| {
            StartError::Address(format!(
                "redis.ca_file {} cannot be used ({cause}); it must hold certificates in PEM form",
                path.display()
            ))
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(&error))? {
            let certificate = certificate.map_err(|error| bad(&error))?;
            roots.add(certificate).map_err(|error| bad(&error))?;
        }
        if roots.is_empty() {
            return Err(bad(&"no certificate in it"));
        }
    } else {
        roots.add_parsable_certificates(load_native_certs().certs);
        if roots.is_empty() {
            let text = "this system has no root certificates; name those of Redis in redis.ca_file";
            return Err(StartError::Address(text.to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::Address(format!("TLS cannot be set up ({error})")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(config).into())
}

/// The URL as it may be shown: who is let in, and with what, is left out.
pub(super) fn without_credentials(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, behind))) => format!("{scheme}://***@{behind}"),
        (None, Some((_, behind))) => format!("***@{behind}"),
        (_, None) => url.to_owned(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Access, StartError> {
        Access::read(&RedisConfig::new(url))
    }

    fn server(host: &str, port: u16) -> ServerAddress {
        ServerAddress { host: host.to_owned(), port }
    }

    #[test]
    fn a_server_with_everything() {
        let access = read("redis://ann:s%2Fcret@redis.example:6380/3").unwrap();
        assert!(!access.cluster);
        assert_eq!(access.seeds, [server("redis.example", 6380)]);
        assert_eq!((access.username.as_deref(), access.password.as_deref()), (Some("ann"), Some("s/cret")));
        assert_eq!(access.database, Some(3));
        assert!(access.tls.is_none());
    }

    #[test]
    fn the_port_may_be_left_out() {
        assert_eq!(read("redis://localhost").unwrap().seeds, [server("localhost", 6379)]);
    }

    #[test]
    fn a_password_needs_no_user() {
        let access = read("redis://:secret@localhost:1").unwrap();
        assert_eq!((access.username, access.password.as_deref()), (None, Some("secret")));
    }

    #[test]
    fn a_cluster_may_name_more_of_its_nodes() {
        let access = read("redis-cluster://:pw@a:7000?node=b:7001&node=c:7002").unwrap();
        assert!(access.cluster);
        let mut seeds = access.seeds.clone();
        seeds.sort();
        assert_eq!(seeds, [server("a", 7000), server("b", 7001), server("c", 7002)]);
    }

    #[test]
    fn an_address_of_ipv6_loses_its_brackets() {
        let access = read("redis://[::1]:6379").unwrap();
        assert_eq!(access.seeds, [server("::1", 6379)]);
        assert_eq!(access.seeds[0].to_string(), "[::1]:6379");
        let ServerConfig::Centralized { server } = access.to_server(&access.seeds[0]).server else {
            unreachable!("one server")
        };
        assert_eq!(&*server.host, "[::1]");
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_its_password() {
        for url in [
            "",
            "localhost:6379",
            "http://localhost",
            "redis-sentinel://hidden@localhost",
            "redis://",
            "redis://:hidden@",
            "redis://:hidden@localhost:99999",
            "redis://:hidden@localhost/x",
            "redis://:hidden@localhost/0/1",
            "redis://:hidden@localhost:1?node=b:2",
            "redis-cluster://:hidden@localhost:1/2",
            "redis-cluster://:hidden@localhost:1?nodes=b:2",
            "redis-cluster://:hidden@localhost:1?node=b",
        ] {
            let error = read(url).unwrap_err();
            assert!(matches!(error, StartError::Address(_)), "{url}: {error}");
            assert!(!error.to_string().contains("hidden"), "{url}: {error}");
        }
    }

    #[test]
    fn certificates_come_from_the_file_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").unwrap();
        for file in [empty, folder.path().join("missing.pem")] {
            let config = RedisConfig { ca_file: Some(file), ..RedisConfig::new("rediss://localhost:6379") };
            let error = Access::read(&config).unwrap_err().to_string();
            assert!(error.contains("redis.ca_file"), "{error}");
        }
    }

    #[test]
    fn shown_urls_have_no_credentials() {
        for (url, shown) in [
            ("redis://localhost:1/2", "redis://localhost:1/2"),
            ("redis://:pw@localhost:1", "redis://***@localhost:1"),
            ("rediss://ann:p/w?@x@localhost", "rediss://***@localhost"),
            ("ann:pw@localhost", "***@localhost"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
