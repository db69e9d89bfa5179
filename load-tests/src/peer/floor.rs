//! The bare broadcaster, in a process of its own.

use super::{Running, folder};
use crate::{
    dialect::Dialect,
    process::{Started, free_address},
    settings::Settings,
};

/// Starts it.
pub(super) fn start(settings: &Settings) -> anyhow::Result<Running> {
    let folder = folder()?;
    let target = free_address()?;
    let arguments = ["floor".into(), "--listen".into(), target.to_string().into()];
    let log = folder.path().join("log");
    let mut started = Started::new(&std::env::current_exe()?, &arguments, settings.server_core(), &log)?;
    started.wait_for(target)?;
    Ok(Running {
        target,
        doors: vec![target],
        dialect: Dialect::Floor,
        pids: vec![started.id()],
        beside: None,
        signer: None,
        api: None,
        namespace: "load:",
        chat: None,
        nodes: None,
        _started: vec![started],
        _redis: None,
        _postgres: None,
        _folder: Some(folder),
    })
}
