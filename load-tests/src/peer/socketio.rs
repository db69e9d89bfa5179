//! Socket.IO with its Redis adapter, as its documentation sets it up.

use super::{Running, folder, must_exist};
use crate::{
    dialect::Dialect,
    process::{Started, free_address},
    settings::Settings,
};
use anyhow::{Context as _, ensure};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the server and its pinned packages lie.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/socketio")
}

/// Starts Redis, then the server.
pub(super) fn start(settings: &Settings) -> anyhow::Result<Running> {
    let (node, redis) = (program("node", "install Node.js 20.19 or newer")?, redis()?);
    install()?;
    let folder = folder()?;
    let (redis_at, target) = (free_address()?, free_address()?);
    let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let redis_arguments = arguments(&[
        "--port",
        &redis_at.port().to_string(),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]);
    // Redis beside the generator: only the server itself is what is measured.
    let mut redis =
        Started::new(&redis, &redis_arguments, settings.load_core(), &folder.path().join("redis.log"))?;
    redis.wait_for(redis_at)?;
    let server = project().join("server.mjs").display().to_string();
    let server_arguments = arguments(&[&server, &target.port().to_string(), &redis_at.port().to_string()]);
    let log = folder.path().join("log");
    let mut started = Started::new(&node, &server_arguments, settings.server_core(), &log)?;
    started.wait_for(target)?;
    Ok(Running {
        target,
        dialect: Dialect::SocketIo,
        pid: Some(started.id()),
        beside: Some(redis.id()),
        signer: None,
        api: None,
        namespace: "load:",
        _started: vec![started, redis],
        _folder: Some(folder),
    })
}

fn redis() -> anyhow::Result<PathBuf> {
    program("redis-server", "install it (Debian: apt-get install redis-server)")
}

fn program(name: &str, advice: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is missing; {advice}"))
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
