//! This project's server: a release binary with a data folder and a configuration of its own.

use super::{Api, Needs, Running, by_api, folder, must_exist};
use crate::{
    dialect::Dialect,
    process::{Started, free_address},
    settings::Settings,
    tokens::Signer,
};
use anyhow::Context as _;
use std::{ffi::OsString, path::Path, process::Command};

/// Namespace of channels without history, and of those that can be recovered.
const PLAIN: &str = "load:";
const KEPT: &str = "kept:";
/// At least 32 bytes, as any key.
const API_KEY: &str = "load-tests-api-key-of-one-run-only";
const SCHOOL: &str = "00000000-0000-4000-8000-000000000001";

/// Starts it.
pub(super) fn start(settings: &Settings, needs: Needs) -> anyhow::Result<Running> {
    must_exist(
        &settings.binary,
        "build it by `cargo build --release -p schoolbell-gateway`, or name it by --binary",
    )?;
    let folder = folder()?;
    let signer = Signer::generate()?;
    let key = folder.path().join("platform.pem");
    std::fs::write(&key, signer.public_pem().context("a key pair has a public key")?)?;
    let reference = reference(&settings.binary)?;
    let by_api = by_api(settings, reference.contains("api_keys"));
    let target = free_address()?;
    let config = folder.path().join("schoolbell.toml");
    std::fs::write(&config, configuration(&target.to_string(), folder.path(), &key, &reference, by_api))?;

    let mut arguments: Vec<OsString> = vec!["--config".into(), config.into(), "serve".into()];
    if needs.demo {
        arguments.push("--demo".into());
    }
    let log = folder.path().join("log");
    let mut started = Started::new(&settings.binary, &arguments, settings.server_core(), &log)?;
    started.wait_for(target)?;
    Ok(Running {
        target,
        dialect: Dialect::Centrifuge,
        pid: Some(started.id()),
        beside: None,
        signer: Some(signer),
        api: by_api.then(|| Api { path: "/api".to_owned(), key: API_KEY.to_owned() }),
        namespace: if needs.recovery { KEPT } else { PLAIN },
        _started: vec![started],
        _folder: Some(folder),
    })
}

/// What this build can be told.
fn reference(binary: &Path) -> anyhow::Result<String> {
    let said = Command::new(binary)
        .args(["config", "--reference"])
        .output()
        .with_context(|| format!("{} cannot be run", binary.display()))?;
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// The default configuration, but for limits that one publisher and thousands of subscribers on one machine meet.
fn configuration(listen: &str, data: &Path, key: &Path, reference: &str, by_api: bool) -> String {
    let recovery = if reference.contains("allow_recovery") { "allow_recovery = true\n" } else { "" };
    let api = if by_api {
        format!("[[api_keys]]\nname = \"load\"\nkey = \"{API_KEY}\"\nschool = \"{SCHOOL}\"\n")
    } else {
        String::new()
    };
    format!(
        "listen = \"{listen}\"\n\
         data_dir = \"{}\"\n\
         [auth]\n\
         public_keys = [{{ file = \"{}\", algorithm = \"EdDSA\" }}]\n\
         [http]\n\
         sockets = 60000\n\
         [limits]\n\
         commands_per_second = 1000000\n\
         commands_burst = 1000000\n\
         [log]\n\
         level = \"warn\"\n\
         [namespaces.load]\n\
         allow_subscribe = true\n\
         allow_publish = true\n\
         [namespaces.kept]\n\
         allow_subscribe = true\n\
         allow_publish = true\n\
         history_size = 300\n\
         history_ttl_s = 600\n\
         force_recovery = true\n\
         {recovery}{api}",
        data.display(),
        key.display(),
    )
}
