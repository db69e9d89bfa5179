//! Any server of the Centrifuge protocol that runs already.

use super::{Api, Running, by_api};
use crate::{
    dialect::{CENTRIFUGE_PATH, Dialect},
    settings::Settings,
    tokens::Signer,
};
use anyhow::{Context as _, ensure};
use std::net::ToSocketAddrs as _;

/// Finds it. Its process is known only if it is named, and without it the figures of cost are left out.
pub(super) fn find(url: &str, settings: &Settings) -> anyhow::Result<Running> {
    let rest = url.strip_prefix("ws://").context("only ws:// is spoken")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    ensure!(path.is_empty() || path == CENTRIFUGE_PATH, "the path must be {CENTRIFUGE_PATH}");
    let target = host
        .to_socket_addrs()
        .with_context(|| format!("{host} is not a host and port"))?
        .find(std::net::SocketAddr::is_ipv4)
        .with_context(|| format!("{host} has no IPv4 address"))?;
    let api = settings.api_key.clone().map(|key| Api { path: settings.api_path.clone(), key });
    Ok(Running {
        target,
        doors: vec![target],
        dialect: Dialect::Centrifuge,
        pids: settings.server_pid.into_iter().collect(),
        beside: None,
        signer: settings.token_secret.as_deref().map(Signer::shared),
        api: api.filter(|_| by_api(settings, true)),
        namespace: "load:",
        chat: None,
        nodes: None,
        _started: Vec::new(),
        _redis: None,
        _postgres: None,
        _folder: None,
    })
}
