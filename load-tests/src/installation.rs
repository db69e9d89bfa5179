//! An installation of Schoolbell: the folder, keys and configuration that its processes share, one of them or several.

use crate::{process::Started, settings::Settings, tokens::Signer};
use anyhow::Context as _;
use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Namespace of channels without history, and of those that can be recovered.
pub const PLAIN: &str = "load:";
/// See [`PLAIN`].
pub const KEPT: &str = "kept:";
/// Where the HTTP API of the platform is.
pub const API_PATH: &str = "/api";
/// At least 32 bytes, as any key.
pub const API_KEY: &str = "load-tests-api-key-of-one-run-only";
/// The school that the key reaches, that of all tokens.
pub const SCHOOL: &str = "00000000-0000-4000-8000-000000000001";

/// What may differ from one run to another.
#[derive(Clone, Debug)]
pub struct Options {
    /// Publications that a channel of [`KEPT`] remembers.
    pub history: usize,
    /// Lines of TOML for the head of the configuration, before its first table.
    pub head: String,
    /// Lines of TOML for its `[limits]`.
    pub limits: String,
    /// The demo school, to play in.
    pub demo: bool,
    /// Whether the platform's API is there.
    pub api: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { history: 300, head: String::new(), limits: String::new(), demo: false, api: true }
    }
}

/// One process of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name within the installation: a part of file names.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The Redis that it shares with others.
    pub redis: Option<String>,
    /// The core that it runs on.
    pub core: Option<usize>,
    /// A file that says how far its clock is off, as libfaketime reads it (`+2h`); without one it has the machine's.
    pub clock: Option<PathBuf>,
}

/// The installation. Its folder is gone with it.
pub struct Installation {
    binary: PathBuf,
    signer: Signer,
    reference: String,
    options: Options,
    folder: TempDir,
}

impl Installation {
    /// Makes folder and keys.
    pub fn new(settings: &Settings, options: Options) -> anyhow::Result<Self> {
        let binary = settings.binary.clone();
        anyhow::ensure!(
            binary.exists(),
            "{} is not there; build it by `cargo build --release -p schoolbell-gateway`, or name it by --binary",
            binary.display()
        );
        let folder = tempfile::Builder::new().prefix("schoolbell-load-").tempdir();
        let folder = folder.context("no temporary folder")?;
        let signer = Signer::generate()?;
        let pem = signer.public_pem().context("a key pair has a public key")?;
        std::fs::write(folder.path().join("platform.pem"), pem)?;
        let reference = reference(&binary)?;
        Ok(Self { binary, signer, reference, options, folder })
    }

    /// Starts a process; it need not listen yet.
    pub fn start(&self, place: &Place) -> anyhow::Result<Started> {
        let config = self.folder.path().join(format!("{}.toml", place.name));
        std::fs::write(&config, self.configuration(place))?;
        let mut arguments: Vec<OsString> = vec!["--config".into(), config.into(), "serve".into()];
        if self.options.demo {
            arguments.push("--demo".into());
        }
        let Some(clock) = &place.clock else {
            return Started::new(&self.binary, &arguments, place.core, &self.log(place));
        };
        let mut by_env: Vec<OsString> = vec![
            variable("LD_PRELOAD", &faketime()?),
            variable("FAKETIME_TIMESTAMP_FILE", clock),
            // What is written into the file later counts at once.
            "FAKETIME_NO_CACHE=1".into(),
            // A wrong time of day: the time that passes is right.
            "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
            self.binary.clone().into(),
        ];
        by_env.extend(arguments);
        Started::new(Path::new("/usr/bin/env"), &by_env, place.core, &self.log(place))
    }

    /// Where a process reads how far its clock is off.
    pub fn clock(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.clock"))
    }

    /// Whether the platform's API is there: asked for, and known to this build.
    pub fn has_api(&self) -> bool {
        self.options.api && self.reference.contains("api_keys")
    }

    /// What a process says.
    pub fn log(&self, place: &Place) -> PathBuf {
        self.folder.path().join(format!("{}.log", place.name))
    }

    /// What signs the tokens that it believes.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Takes it apart: the signer, and the folder, which has to live as long as the processes.
    pub fn into_parts(self) -> (Signer, TempDir) {
        (self.signer, self.folder)
    }

    /// The default configuration, but for limits that one publisher and thousands of subscribers on one machine meet.
    fn configuration(&self, place: &Place) -> String {
        let Options { history, head, limits, .. } = &self.options;
        // All come from one machine at once: how a storm is held off is not what is measured, unless a scenario says so.
        let key = "connects_per_second";
        let storms = if self.reference.contains(key) && !limits.contains(key) {
            format!("{key} = 0\n")
        } else {
            String::new()
        };
        let recovery = if self.reference.contains("allow_recovery") { "allow_recovery = true\n" } else { "" };
        let redis = place.redis.iter().map(|url| format!("redis_url = \"{url}\"\n")).collect::<String>();
        let keys = if self.has_api() {
            format!("[[api_keys]]\nname = \"load\"\nkey = \"{API_KEY}\"\nschool = \"{SCHOOL}\"\n")
        } else {
            String::new()
        };
        let folder = self.folder.path();
        format!(
            "listen = \"{}\"\n\
             data_dir = \"{}\"\n\
             {redis}{head}\
             [auth]\n\
             public_keys = [{{ file = \"{}\", algorithm = \"EdDSA\" }}]\n\
             [http]\n\
             sockets = 60000\n\
             [limits]\n\
             commands_per_second = 1000000\n\
             commands_burst = 1000000\n\
             {storms}{limits}\
             [log]\n\
             level = \"warn\"\n\
             [namespaces.load]\n\
             allow_subscribe = true\n\
             allow_publish = true\n\
             [namespaces.kept]\n\
             allow_subscribe = true\n\
             allow_publish = true\n\
             history_size = {history}\n\
             history_ttl_s = 600\n\
             force_recovery = true\n\
             {recovery}{keys}",
            place.listen,
            folder.display(),
            folder.join("platform.pem").display(),
        )
    }
}

fn variable(name: &str, value: &Path) -> OsString {
    let mut text = OsString::from(name);
    text.push("=");
    text.push(value);
    text
}

/// The library that gives a process another time.
fn faketime() -> anyhow::Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").context("no /usr/lib")?.filter_map(Result::ok);
    let mut places = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    places
        .find(|place| place.exists())
        .context("libfaketime is missing; install it (Debian: apt-get install libfaketime)")
}

/// What this build can be told.
fn reference(binary: &Path) -> anyhow::Result<String> {
    let said = Command::new(binary)
        .args(["config", "--reference"])
        .output()
        .with_context(|| format!("{} cannot be run", binary.display()))?;
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}
