//! Socket.IO with its Redis adapter, as its documentation sets it up.

use super::{Needs, Running, folder, must_exist, program, redis, redis_pid};
use crate::{dialect::Dialect, process::Started, settings::Settings};
use anyhow::{Context as _, ensure};
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the server and its pinned packages lie.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/socketio")
}

/// Starts Redis, then as many processes as are needed, one at least.
pub(super) fn start(settings: &Settings, needs: Needs) -> anyhow::Result<Running> {
    let node = program("node", "install Node.js 20.19 or newer")?;
    install()?;
    let (redis, folder) = (redis()?, folder()?);
    let server = project().join("server.mjs");
    let (mut started, mut addresses) = (Vec::new(), Vec::new());
    for index in 0..needs.nodes.max(1) {
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, test_servers::ports::free()));
        let arguments: Vec<OsString> =
            vec![server.clone().into(), target.port().to_string().into(), redis.port().to_string().into()];
        let log = folder.path().join(format!("log-{index}"));
        let mut process = Started::new(&node, &arguments, needs.core(index, settings), &log)?;
        process.wait_for(target)?;
        started.push(process);
        addresses.push(target);
    }
    Ok(Running {
        target: *addresses.first().context("at least one process")?,
        doors: needs.doors(&addresses),
        dialect: Dialect::SocketIo,
        pids: started.iter().map(Started::id).collect(),
        beside: Some(redis_pid(&redis)?),
        signer: None,
        api: None,
        namespace: "load:",
        chat: None,
        nodes: None,
        _started: started,
        _redis: Some(redis),
        _postgres: None,
        _folder: Some(folder),
    })
}

/// Installs the packages of the lock file, once.
fn install() -> anyhow::Result<()> {
    let project = project();
    must_exist(&project.join("package-lock.json"), "run from a checkout of the repository")?;
    let installed_from = project.join("node_modules/.installed-from-lock.json");
    let lock = std::fs::read(project.join("package-lock.json"))?;
    if std::fs::read(&installed_from).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&project)
        .stdout(Stdio::null())
        .status()
        .context("npm is missing; it comes with Node.js")?;
    ensure!(status.success(), "npm ci in load-tests/peers/socketio failed");
    std::fs::write(installed_from, lock)?;
    Ok(())
}
