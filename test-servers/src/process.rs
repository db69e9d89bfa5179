//! Processes that end with ours.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
};

/// Ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

type Order = (Vec<String>, Sender<std::io::Result<Child>>);

impl Process {
    /// Starts a program so that the kernel ends it with us, however we end.
    pub(crate) fn start(program: &str, args: Vec<String>) -> Self {
        let mut command =
            vec!["--pdeathsig".to_owned(), "KILL".to_owned(), "--".to_owned(), program.to_owned()];
        command.extend(args);
        let (sender, receiver) = channel();
        starter().send((command, sender)).unwrap();
        match receiver.recv().unwrap() {
            Ok(child) => Self(child),
            Err(error) => panic!("setpriv does not run ({error}); install the Debian package util-linux"),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// When the program does not exist.
    pub(crate) fn has_ended(&mut self) -> bool {
        let status = self.0.try_wait().unwrap();
        // What setpriv ends with when it finds no program to become.
        let missing = status.and_then(|status| status.code()) == Some(127);
        assert!(!missing, "there is no redis-server; install the Debian package redis-server");
        status.is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed, since its data are thrown away. One that has ended already cannot be killed, and need not be.
        let _ = self.0.kill();
        let _ = self.0.wait();
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
