//! Postgres: a server, with PgBouncer before it.

mod bouncer;
mod programs;

pub use bouncer::PgBouncer;

use crate::{
    ports,
    process::{Process, Program, Unprivileged},
};
use programs::program;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    os::unix::fs::chown,
    path::Path,
    process::{Command, Output},
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// For a server to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ports that another process took in the moment between the look and the start.
const TRIES: u32 = 5;

const POSTGRES: Program = Program { name: "postgres", package: "postgresql" };

/// Starts the server, and takes its folder away when the process of the tests is gone.
const KEEPER: &str = r#"
folder=$1
shift
"$@" &
server=$!
trap 'kill -QUIT "$server"; wait "$server"; rm -rf "$folder"; exit' TERM
wait "$server"
"#;

/// The superuser.
pub const SUPERUSER: &str = "postgres";
/// A role that may make roles and databases, and owns the databases that are made here.
pub const OWNER: &str = "schoolbell_owner";
/// A role without any rights.
pub const APP: &str = "schoolbell_app";

/// One server. All roles are let in without a password. It sorts texts as people do (ICU), so that who relies on the
/// order of bytes notices.
#[derive(Debug)]
pub struct Server {
    port: u16,
    keeper: Mutex<Option<Process>>,
    folder: TempDir,
    settings: Vec<String>,
}

impl Server {
    /// The one server of this process: to start one takes a second.
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of one's own.
    ///
    /// # Panics
    /// When none can be started, such as without the Debian package postgresql.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server of one's own with settings like `fsync=on`, which go before the usual ones.
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let mut init = unprivileged(&program("initdb"));
        init.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        init.args(["--locale-provider=icu", "--icu-locale=en-US", "--username", SUPERUSER]);
        succeed(init.arg("--pgdata").arg(folder.path().join("data")), "initdb");
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { port: 0, keeper: Mutex::new(None), folder, settings };
        for _ in 0..TRIES {
            server.port = ports::free();
            if server.run() {
                server.sql("postgres", &format!("CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE"));
                server.sql("postgres", &format!("CREATE ROLE {APP} LOGIN"));
                return server;
            }
        }
        panic!("no postgres could be started; is it the one of the Debian package postgresql?");
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Process>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it and waits until it answers; `false` when it ends instead.
    fn run(&self) -> bool {
        let data = self.folder.path().join("data");
        let mut args = ["sh", "-c", KEEPER, "keeper"].map(str::to_owned).to_vec();
        args.push(self.folder.path().display().to_string());
        if let Some(user) = Unprivileged::to_become() {
            args.push("setpriv".to_owned());
            args.extend(user.args());
        }
        args.extend([program("postgres"), "-D".to_owned(), data.display().to_string()]);
        args.extend(["-p".to_owned(), self.port.to_string()]);
        // No disk has to be asked about what is thrown away, and prepared transactions or sockets need nobody.
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=200",
            "shared_buffers=64MB",
            "log_min_messages=fatal",
        ] {
            args.extend(["-c".to_owned(), setting.to_owned()]);
        }
        // Of a setting that is given twice the later one holds.
        for setting in &self.settings {
            args.extend(["-c".to_owned(), setting.clone()]);
        }
        *self.keeper() = Some(Process::start_to_end_by("TERM", POSTGRES, args));
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.keeper().as_mut().is_none_or(Process::has_ended) {
                *self.keeper() = None;
                return false;
            }
            if self.try_sql("postgres", "SELECT 1").status.success() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        false
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database for a role.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database, which [`OWNER`] owns, and returns its name.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn empty_database(&self) -> String {
        self.database_from("template0")
    }

    /// Makes a copy of a database that nobody is connected to, and returns its name.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn database_from(&self, template: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}"));
        name
    }

    /// Runs SQL in a database as the superuser and returns what it gives, a line for each row, columns divided by `|`.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.try_sql(database, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn try_sql(&self, database: &str, sql: &str) -> Output {
        let mut psql = Command::new(program("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--dbname", &self.url(SUPERUSER, database), "--command", sql]);
        psql.output().unwrap_or_else(|error| panic!("psql does not run ({error})"))
    }

    /// Ends it as a crash would; its data remain for [`Server::restart`].
    pub fn kill(&self) {
        self.signal(Signal::KILL);
        if let Some(mut keeper) = self.keeper().take() {
            keeper.wait();
        }
    }

    /// Starts it again on the same port, after ending it if it runs.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.kill();
        let until = Instant::now() + PATIENCE;
        // Processes that the killed one left behind need a moment to notice, and hold its memory until then.
        while !self.run() {
            assert!(Instant::now() < until, "postgres does not start again");
        }
    }

    /// Stops it as if it hung: its connections stay, and nothing answers.
    pub fn stop(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets it go on after [`Server::stop`].
    pub fn cont(&self) {
        self.signal_all(Signal::CONT);
    }

    /// The first line of its file says which process it is.
    fn pid(&self) -> Option<Pid> {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).ok()?;
        let pid = file.lines().next()?.parse().ok().and_then(Pid::from_raw)?;
        self.keeper().is_some().then_some(pid)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // One that has ended by itself is as good.
            let _ = kill_process(pid, signal);
        }
    }

    /// It and the processes of its connections, which come after it, so that none is made in between.
    fn signal_all(&self, signal: Signal) {
        self.signal(signal);
        let Some(pid) = self.pid().map(Pid::as_raw_nonzero) else { return };
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)) {
            let _ = kill_process(child, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // At once: nobody needs its data. Those that are stopped would not hear it.
        self.cont();
        self.signal(Signal::QUIT);
        if let Some(mut keeper) = self.keeper().take() {
            keeper.wait();
        }
    }
}

/// Gives a folder to the user that servers run as.
fn give_away(folder: &Path) {
    if let Some(user) = Unprivileged::to_become() {
        chown(folder, Some(user.id), Some(user.group)).unwrap();
    }
}

/// A command that runs as the user that servers run as.
fn unprivileged(program: &str) -> Command {
    match Unprivileged::to_become() {
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(user.args()).arg(program);
            command
        }
        None => Command::new(program),
    }
}

fn succeed(command: &mut Command, what: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{what} does not run ({error})"));
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}
