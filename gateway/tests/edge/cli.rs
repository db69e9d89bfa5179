//! The binary as an operator runs it.

#![cfg(unix)]

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

const PERSON: &str = "0198a000-0000-7000-8000-000000000001";
const SCHOOL: &str = "0198a000-0000-7000-8000-0000000000aa";

/// The command in `folder`, without settings of whoever runs the tests.
pub fn schoolbell(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_schoolbell"));
    command.args(args).current_dir(folder).env_clear();
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    schoolbell(folder, args).output().unwrap()
}

/// Fails with this code and exactly one line that has all of `parts`.
#[track_caller]
fn fails(output: &Output, code: i32, parts: &[&str]) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[track_caller]
pub fn fails_in_one_line(output: &Output, code: i32, parts: &[&str]) {
    fails(output, code, parts);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    assert!(text.starts_with("schoolbell: "), "{text}");
}

/// A running server, killed when dropped.
pub struct Running {
    pub child: Child,
    output: BufReader<ChildStdout>,
    pub url: String,
}

impl Running {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = schoolbell(folder, &[&["serve", "--listen", "127.0.0.1:0"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the server ended before it listened");
        }
        let url = line.split_whitespace().last().unwrap().to_owned();
        Self { child, output, url }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn rest_of_output(&mut self) -> String {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is as good.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn wrong_usage_and_configuration_end_with_code_two() {
    let folder = tempfile::tempdir().unwrap();
    fails(&run(folder.path(), &["dance"]), 2, &["dance"]);
    fails(&run(folder.path(), &["token", "--sub", "me"]), 2, &["--sub"]);
    fails_in_one_line(&run(folder.path(), &["config", "--config", "nowhere.toml"]), 2, &["nowhere.toml"]);
    let typo = schoolbell(folder.path(), &["config"]).env("SCHOOLBELL_LISSEN", "x:1").output().unwrap();
    fails_in_one_line(&typo, 2, &["SCHOOLBELL_LISSEN"]);
    let mut command = schoolbell(folder.path(), &["serve", "--demo"]);
    let refused = command.env("SCHOOLBELL_DATABASE_URL", "x://y").output().unwrap();
    fails_in_one_line(&refused, 2, &["database_url", "postgres://"]);
    std::fs::write(folder.path().join("schoolbell.toml"), "[limits]\nconections = 1\n").unwrap();
    fails(&run(folder.path(), &["config"]), 2, &["schoolbell.toml", "conections"]);
}

#[test]
fn the_effective_configuration_is_printed_with_secrets_masked() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "a secret that is shared with the platform";
    let mut command = schoolbell(folder.path(), &["config", "--data-dir", "elsewhere"]);
    let output = command.env("SCHOOLBELL_AUTH__HS256_SECRET", secret).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains(secret), "{text}");
    let printed: gateway::config::Config = toml::from_str(&text).unwrap();
    assert_eq!(printed.data_dir, Path::new("elsewhere"));
    assert_eq!(printed.auth.hs256_secret.unwrap().reveal(), "***");
}

#[test]
fn the_reference_is_a_configuration_file() {
    let folder = tempfile::tempdir().unwrap();
    let reference = run(folder.path(), &["config", "--reference"]).stdout;
    std::fs::write(folder.path().join("schoolbell.toml"), reference).unwrap();
    let with_file = run(folder.path(), &["config"]);
    assert!(with_file.status.success());
    assert!(!with_file.stdout.is_empty());
}

#[test]
fn migrating_twice_is_as_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), &["migrate"]);
    assert!(first.status.success() && String::from_utf8_lossy(&first.stdout).contains("applied 0001"));
    let second = run(folder.path(), &["migrate"]);
    assert!(second.status.success() && String::from_utf8_lossy(&second.stdout).contains("up to date"));
}

#[tokio::test]
async fn a_development_token_is_good_at_the_server_of_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["token", "--sub", PERSON, "--school", SCHOOL, "--role", "teacher", "--email", "a@b.example"];
    let output = run(folder.path(), &args);
    let token = String::from_utf8(output.stdout).unwrap();
    let server = Running::start(folder.path(), &[]);
    let me = reqwest::Client::new().get(format!("{}/api/v1/me", server.url)).bearer_auth(token.trim());
    let me: Value = me.send().await.unwrap().json().await.unwrap();
    assert_eq!((me["id"].as_str(), me["role"].as_str()), (Some(PERSON), Some("teacher")));
}

#[tokio::test]
async fn a_demo_says_what_it_is_and_ends_cleanly_on_both_signals() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut server = Running::start(folder.path(), &["--demo"]);
        let ready = reqwest::get(format!("{}/ready", server.url)).await.unwrap();
        assert_eq!(ready.status(), 200);
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
        let words = server.rest_of_output();
        for part in ["demo", "teacher@demo.school", "schoolbell", "student"] {
            assert!(words.contains(part), "{part:?} is not in {words}");
        }
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), &["serve", "--listen", &address]);
    fails_in_one_line(&output, 1, &[&address, "--listen"]);
    let output = run(folder.path(), &["serve", "--listen", "no such host:1"]);
    fails_in_one_line(&output, 1, &["no such host"]);
}

#[test]
fn what_the_server_keeps_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let data = folder.path().join("data");
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(data.join("schoolbell.db").exists());
    drop(server);
}
