//! Processes that end with ours.

use rustix::process::geteuid;
use std::{
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
};

/// Ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    program: Program,
}

/// What is started, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The Debian package that has it.
    pub(crate) package: &'static str,
}

/// The user that servers run as that refuse to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unprivileged {
    pub(crate) id: u32,
    pub(crate) group: u32,
}

type Order = (Vec<String>, Sender<std::io::Result<Child>>);

impl Process {
    /// Starts a program by a command so that the kernel ends it with us, however we end.
    pub(crate) fn start(program: Program, command: Vec<String>) -> Self {
        Self::start_to_end_by("KILL", program, command)
    }

    /// As [`Self::start`], but the kernel ends it with a signal that it may act upon.
    pub(crate) fn start_to_end_by(signal: &str, program: Program, command: Vec<String>) -> Self {
        let mut args = ["--pdeathsig", signal, "--"].map(str::to_owned).to_vec();
        args.extend(command);
        let (sender, receiver) = channel();
        starter().send((args, sender)).unwrap();
        match receiver.recv().unwrap() {
            Ok(child) => Self { child, program },
            Err(error) => panic!("setpriv does not run ({error}); install the Debian package util-linux"),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) {
        let _ = self.child.wait();
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// When the program does not exist.
    pub(crate) fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().unwrap();
        // What setpriv, env and shells end with when they find no such program.
        let missing = status.and_then(|status| status.code()) == Some(127);
        let Program { name, package } = self.program;
        assert!(!missing, "there is no {name}; install the Debian package {package}");
        status.is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed, since its data are thrown away. One that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Unprivileged {
    /// Whom to become; nobody, if we are not root.
    pub(crate) fn to_become() -> Option<Self> {
        // The users of Debian's packages, then nobody.
        const NAMES: [&str; 2] = ["postgres", "nobody"];
        if !geteuid().is_root() {
            return None;
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let entry = |name: &str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut numbers = line.split(':').skip(2).map(str::parse);
            Some(Self { id: numbers.next()?.ok()?, group: numbers.next()?.ok()? })
        };
        Some(NAMES.into_iter().find_map(entry).expect("this system has no user to run servers as"))
    }

    /// Arguments of setpriv that become this user.
    pub(crate) fn args(self) -> [String; 4] {
        [
            format!("--reuid={}", self.id),
            format!("--regid={}", self.group),
            "--clear-groups".to_owned(),
            "--".to_owned(),
        ]
    }
}

/// The one thread that starts processes. The kernel's promise is bound to the thread that started them, and the thread
/// of a test ends before those of the next ones.
fn starter() -> Sender<Order> {
    static STARTER: OnceLock<Sender<Order>> = OnceLock::new();
    STARTER
        .get_or_init(|| {
            let (sender, orders) = channel::<Order>();
            std::thread::spawn(move || {
                for (args, reply) in orders {
                    let mut command = Command::new("setpriv");
                    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                    let _ = reply.send(command.spawn());
                }
            });
            sender
        })
        .clone()
}
