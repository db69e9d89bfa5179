//! Redis: one server, or a cluster.

mod cluster;

pub use cluster::Cluster;

use crate::{
    ports,
    process::{Process, Program},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// For a server to answer, and for a cluster to form.
const PATIENCE: Duration = Duration::from_secs(20);
/// Ports that another process took in the moment between the look and the start.
const TRIES: u32 = 5;

/// Also the name of its Debian package.
const REDIS: Program = Program { name: "redis-server", package: "redis-server" };

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// For the default user.
    pub password: Option<String>,
    /// Whether it keeps all writes on disk (`appendfsync always`), so that [`Server::restart`] finds them again.
    pub append_only: bool,
    /// More arguments, such as `["--maxmemory", "10mb"]`.
    pub args: Vec<String>,
}

/// One server.
#[derive(Debug)]
pub struct Server {
    options: ServerOptions,
    port: u16,
    // Before the folder: it ends first.
    process: Mutex<Option<Process>>,
    folder: TempDir,
}

impl Server {
    /// A server without a password that keeps nothing on disk.
    ///
    /// # Panics
    /// When no server can be started, such as without the Debian package redis-server.
    #[must_use]
    pub fn single() -> Self {
        Self::with(&ServerOptions::default())
    }

    /// A server with options.
    ///
    /// # Panics
    /// As [`Server::single`].
    #[must_use]
    pub fn with(options: &ServerOptions) -> Self {
        for _ in 0..TRIES {
            let server = Self {
                options: options.clone(),
                port: ports::free(),
                folder: tempfile::tempdir().unwrap(),
                process: Mutex::new(None),
            };
            if server.start() {
                return server;
            }
        }
        panic!("no redis-server could be started; is it the one of the Debian package redis-server?");
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it and waits until it answers; `false` when it ends instead.
    fn start(&self) -> bool {
        let mut args: Vec<String> =
            [REDIS.name, "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"]
                .map(str::to_owned)
                .into();
        args.extend(["--port".to_owned(), self.port.to_string()]);
        args.extend(["--dir".to_owned(), self.folder.path().display().to_string()]);
        args.extend([
            "--appendonly".to_owned(),
            if self.options.append_only { "yes" } else { "no" }.to_owned(),
        ]);
        args.extend(["--appendfsync".to_owned(), "always".to_owned()]);
        if let Some(password) = &self.options.password {
            args.extend(["--requirepass".to_owned(), password.clone()]);
        }
        args.extend(self.options.args.iter().cloned());
        let mut process = Process::start(REDIS, args);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if process.has_ended() {
                return false;
            }
            if self.try_cli(&["ping"]).stdout.starts_with(b"PONG") {
                *self.process() = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process, if it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process().as_ref().map(Process::id)
    }

    /// Its URL, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.options.password {
            Some(password) => format!("redis://:{password}@127.0.0.1:{}", self.port),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// Runs redis-cli against it and returns what it prints, without the last newline; error replies are printed too.
    ///
    /// # Panics
    /// When redis-cli is missing.
    pub fn cli(&self, args: &[&str]) -> String {
        let output = self.try_cli(args);
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn try_cli(&self, args: &[&str]) -> Output {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string(), "--no-auth-warning"]);
        if let Some(password) = &self.options.password {
            command.args(["-a", password]);
        }
        match command.args(args).output() {
            Ok(output) => output,
            Err(error) => panic!("redis-cli does not run ({error}); install the Debian package redis-tools"),
        }
    }

    /// Ends it as a crash would; its data remain for [`Server::restart`].
    pub fn kill(&self) {
        drop(self.process().take());
    }

    /// Starts it again on the same port, after ending it if it runs.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.kill();
        assert!(self.start(), "the server does not start again");
    }

    /// Stops it as if it hung: its connections stay, and nothing answers.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Server::stop`].
    pub fn cont(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &*self.process() {
            let pid = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
            kill_process(pid, signal).unwrap();
        }
    }

    /// Cuts all connections that are subscribed to a channel.
    pub fn kill_pubsub_connections(&self) {
        self.cli(&["client", "kill", "type", "pubsub"]);
    }

    /// Deletes all keys.
    pub fn flush(&self) {
        self.cli(&["flushall"]);
    }
}
