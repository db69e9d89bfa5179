//! Processes that a run starts: pinned to cores, bound to this process's life, their use read from `/proc`.

use crate::interrupt;
use anyhow::{Context as _, bail, ensure};
use rustix::{
    process::{Pid, Resource, Rlimit, Signal, kill_process},
    thread::CpuSet,
};
use std::{
    ffi::OsString,
    fs::File,
    iter::Sum,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// Time that a server has to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A child that ends when this is dropped.
#[derive(Debug)]
pub struct Started {
    child: Child,
    log: PathBuf,
}

impl Started {
    /// Starts `program`, pinned to `core`; what it says goes to `log`.
    ///
    /// It is started through this binary (`launch`), which ties it to this process before it becomes the program: a
    /// generator that is killed leaves no server behind.
    pub fn new(
        program: &Path,
        arguments: &[OsString],
        core: Option<usize>,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("launch");
        if let Some(core) = core {
            command.arg("--core").arg(core.to_string());
        }
        command.arg("--").arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        in_a_group_of_its_own(&mut command);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id; the same before and after it becomes the program.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it listens on `address`.
    pub fn wait_for(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
            interrupt::check()?;
            self.check()?;
            ensure!(Instant::now() < until, "the server does not listen on {address}: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Fails if it has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the server ended ({status}): {}", self.last_words()),
            None => Ok(()),
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.id())?).context("no process id")?;
        kill_process(pid, signal).with_context(|| format!("process {pid:?} takes no signal"))
    }

    /// Waits until it has ended by itself.
    pub fn wait_for_end(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < until, "the server does not end: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it said last, a few lines.
    pub fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().rev().take(5).collect();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join(" / ") }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Killed: its data is thrown away, and a polite end would write to thousands of sockets first.
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = killed {
            eprintln!("schoolbell-load: process {} could not be ended: {error}", self.child.id());
        }
    }
}

/// Keeps Ctrl-C away from a child: it is this process's to handle.
pub fn in_a_group_of_its_own(command: &mut Command) {
    command.process_group(0);
}

/// Becomes a program: pinned, and ended by the kernel when the parent ends. Returns only if that fails.
pub fn launch(core: Option<usize>, program: &[OsString]) -> anyhow::Error {
    let become_it = || -> anyhow::Result<std::io::Error> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if let Some(core) = core {
            pin(core)?;
        }
        let (name, arguments) = program.split_first().context("no program is named")?;
        Ok(Command::new(name).args(arguments).exec())
    };
    match become_it() {
        Ok(error) => anyhow::Error::from(error).context(format!("cannot run {program:?}")),
        Err(error) => error,
    }
}

/// Pins this thread, and those that it starts, to a core.
pub fn pin(core: usize) -> anyhow::Result<()> {
    ensure!(core < CpuSet::MAX_CPU, "no such core");
    let mut cores = CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores).with_context(|| format!("cannot pin to core {core}"))
}

/// Raises the limit of open files as far as it goes.
pub fn raise_open_files() -> anyhow::Result<()> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(Resource::Nofile, wanted).context("cannot raise the limit of open files")
}

/// How many files this process may open.
pub fn open_files() -> usize {
    let limit = rustix::process::getrlimit(Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?)
}

/// What a process has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time, user and system.
    pub cpu: Duration,
    /// Time that its threads, those that still run, were ready and waited for a core.
    pub waited: Duration,
    /// Memory that is resident now, bytes.
    pub resident: u64,
    /// The most that ever was, bytes.
    pub peak: u64,
}

impl Usage {
    /// Reads it; `pid` `None` is this process.
    pub fn read(pid: Option<u32>) -> anyhow::Result<Self> {
        let folder = pid.map_or_else(|| "/proc/self".to_owned(), |pid| format!("/proc/{pid}"));
        let read = |name: &str| {
            std::fs::read_to_string(format!("{folder}/{name}"))
                .with_context(|| format!("cannot read {folder}/{name}: has the server ended?"))
        };
        let usage = Self::parse(&read("stat")?, &read("status")?)?;
        Ok(Self { waited: waited(&folder), ..usage })
    }

    fn parse(stat: &str, status: &str) -> anyhow::Result<Self> {
        // Behind the name, which may hold anything: the state is field 3, utime 14 and stime 15, in hundredths of a second.
        let behind = stat.rsplit_once(')').context("no stat line")?.1;
        let fields: Vec<&str> = behind.split_whitespace().collect();
        let ticks = |field: usize| -> anyhow::Result<u64> {
            Ok(fields.get(field - 3).context("a short stat line")?.parse()?)
        };
        let memory = |key: &str| -> anyhow::Result<u64> {
            let line =
                status.lines().find_map(|line| line.strip_prefix(key)).context("no memory in status")?;
            Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
        };
        Ok(Self {
            cpu: Duration::from_millis((ticks(14)? + ticks(15)?) * 10),
            waited: Duration::ZERO,
            resident: memory("VmRSS:")?,
            peak: memory("VmHWM:")?,
        })
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, usage| Self {
            cpu: sum.cpu + usage.cpu,
            waited: sum.waited + usage.waited,
            resident: sum.resident + usage.resident,
            peak: sum.peak + usage.peak,
        })
    }
}

/// Time spent ready but not running. Threads come and go while this reads; kernels without the figure give none.
fn waited(folder: &str) -> Duration {
    let threads = std::fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn use_is_read_behind_a_name_with_spaces_and_brackets() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 1 2 3";
        let usage = Usage::parse(stat, "Name:\ta\nVmHWM:\t  20 kB\nVmRSS:\t  10 kB\n").unwrap();
        assert_eq!(usage.cpu, Duration::from_secs(2));
        assert_eq!((usage.resident, usage.peak), (10_240, 20_480));
    }

    #[test]
    fn the_use_of_this_process_can_be_read() {
        assert!(Usage::read(None).unwrap().resident > 100_000);
    }
}
