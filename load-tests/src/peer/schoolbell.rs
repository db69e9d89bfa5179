//! This project's server: a release binary with a data folder and a configuration of its own.

use super::{Api, Needs, Running, by_api, conversations::Database, redis, redis_pid};
use crate::{
    dialect::Dialect,
    installation::{API_KEY, API_PATH, Installation, KEPT, Options, PLAIN, Place},
    nodes::{Node, Nodes},
    process::free_address,
    settings::Settings,
};
use anyhow::Context as _;

/// Starts it.
pub(super) fn start(settings: &Settings, needs: Needs) -> anyhow::Result<Running> {
    if needs.nodes > 0 {
        return start_nodes(settings, needs);
    }
    let api = by_api(settings, true);
    let database = needs.chat.map(Database::start);
    let head = database.as_ref().map(Database::head).unwrap_or_default();
    let installation =
        Installation::new(settings, Options { demo: needs.demo, api, head, ..Options::default() })?;
    let target = free_address()?;
    let place = Place {
        name: "schoolbell".to_owned(),
        listen: target,
        redis: None,
        core: settings.server_core(),
        clock: None,
    };
    let mut started = installation.start(&place)?;
    started.wait_for(target)?;
    let postgres = database.map(|database| database.fill(target)).transpose()?;
    let has_api = installation.has_api();
    let (signer, folder) = installation.into_parts();
    Ok(Running {
        target,
        doors: vec![target],
        dialect: Dialect::Centrifuge,
        pids: vec![started.id()],
        beside: None,
        signer: Some(signer),
        api: has_api.then(|| Api { path: API_PATH.to_owned(), key: API_KEY.to_owned() }),
        namespace: if needs.recovery { KEPT } else { PLAIN },
        chat: needs.chat,
        nodes: None,
        _started: vec![started],
        _redis: None,
        _postgres: postgres,
        _folder: Some(folder),
    })
}

/// Starts several processes over one Redis.
fn start_nodes(settings: &Settings, needs: Needs) -> anyhow::Result<Running> {
    let api = by_api(settings, true);
    let redis = redis()?;
    let database = needs.chat.map(Database::start);
    let head = database.as_ref().map(Database::head).unwrap_or_default();
    let mut nodes = Nodes::none(settings, Options { demo: needs.demo, api, head, ..Options::default() })?;
    for node in 0..needs.nodes {
        nodes.add(&redis.url(), needs.core(node, settings))?;
    }
    nodes.wait_until_ready()?;
    let addresses = nodes.addresses();
    let target = *addresses.first().context("at least one node")?;
    let postgres = database.map(|database| database.fill(target)).transpose()?;
    Ok(Running {
        target,
        doors: needs.doors(&addresses),
        dialect: Dialect::Centrifuge,
        pids: nodes.all().iter().filter_map(Node::pid).collect(),
        beside: Some(redis_pid(&redis)?),
        signer: None,
        api: nodes.has_api().then(|| Api { path: API_PATH.to_owned(), key: API_KEY.to_owned() }),
        namespace: if needs.recovery { KEPT } else { PLAIN },
        chat: needs.chat,
        nodes: Some(nodes),
        _started: Vec::new(),
        _redis: Some(redis),
        _postgres: postgres,
        _folder: None,
    })
}
