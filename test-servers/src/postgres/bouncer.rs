//! PgBouncer, which gives each transaction whichever connection is free.

use super::{APP, OWNER, PATIENCE, SUPERUSER, Server, TRIES, give_away};
use crate::{
    ports,
    process::{Process, Program, Unprivileged},
};
use std::{
    fs,
    net::TcpStream,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Debian has the program where only root looks.
const SEARCHED: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const PROGRAM: Program = Program { name: "pgbouncer", package: "pgbouncer" };

/// A pooler before a server, in transaction mode.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    // Before the folder: it ends first.
    _process: Process,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one that has so many connections to the server, for each database and role.
    ///
    /// # Panics
    /// When none can be started, such as without the Debian package pgbouncer.
    #[must_use]
    pub fn before(server: &Server, connections: u32) -> Self {
        for _ in 0..TRIES {
            if let Some(started) = Self::try_start(server, connections) {
                return started;
            }
        }
        panic!("no pgbouncer could be started; is it the one of the Debian package pgbouncer?");
    }

    fn try_start(server: &Server, connections: u32) -> Option<Self> {
        let (folder, port) = (tempfile::tempdir().unwrap(), ports::free());
        let (settings, users) = (folder.path().join("pgbouncer.ini"), folder.path().join("users.txt"));
        let known: String = [SUPERUSER, OWNER, APP].map(|role| format!("\"{role}\" \"\"\n")).concat();
        fs::write(&users, known).unwrap();
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = {connections}\nmax_client_conn = 500\n",
            server.port(),
            users.display()
        );
        fs::write(&settings, text).unwrap();
        for path in [folder.path(), &settings, &users] {
            give_away(path);
        }
        let mut command = Vec::new();
        if let Some(user) = Unprivileged::to_become() {
            command.push("setpriv".to_owned());
            command.extend(user.args());
        }
        command.extend(["env", SEARCHED, PROGRAM.name].map(str::to_owned));
        command.push(settings.display().to_string());
        let mut process = Process::start(PROGRAM, command);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if process.has_ended() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(Self { port, _process: process, _folder: folder });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// The URL of a database for a role, for a client that relies on no connection's memory.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}?statement-cache-capacity=0", self.port)
    }
}
