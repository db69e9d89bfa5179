//! The whole way, in small: a server in its own process, a publisher, subscribers, a report. Counts, never times.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use std::process::{Command, Output};

fn load(arguments: &[&str]) -> Output {
    let core = ["--server-core", "none", "--load-core", "none"];
    Command::new(env!("CARGO_BIN_EXE_schoolbell-load")).args(arguments).args(core).output().unwrap()
}

#[test]
fn fifty_subscribers_of_the_floor_get_every_message_once() {
    let folder = tempfile::tempdir().unwrap();
    let (json, html) = (folder.path().join("r.json"), folder.path().join("r.html"));
    let output = load(&[
        "fanout",
        "--peer",
        "floor",
        "--connections",
        "50",
        "--channels",
        "5",
        "--rate",
        "2000",
        "--warmup",
        "0.2",
        "--seconds",
        "1",
        "--json",
        json.to_str().unwrap(),
        "--html",
        html.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let run = &report["peers"][0]["runs"][0];
    assert_eq!(run["faults"], serde_json::json!({"lost":0,"out_of_order":0,"ended":0}));
    let figure = |key: &str| {
        let figures = run["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["key"] == key).unwrap()["value"].as_f64().unwrap()
    };
    assert_eq!(figure("per_frame"), 1.0, "the floor writes each message by itself");
    // 200 publications to 10 subscribers each; the count is fixed by the schedule, not by the clock.
    assert_eq!(run["deliveries"], 2_000);
    assert!(std::fs::read_to_string(html).unwrap().contains("<svg"));
}

#[test]
fn members_in_several_processes_hear_everything_that_members_say() {
    let arguments = "rooms-across --peer floor --nodes 1 --rooms 12 --members 6 --each 3 --crowd 2 --rate 10 --warmup 0.2 \
                     --seconds 1 --json -";
    let output = load(&arguments.split_whitespace().collect::<Vec<_>>());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &report["peers"][0]["runs"][0];
    assert_eq!(run["faults"], serde_json::json!({"lost":0,"out_of_order":0,"ended":0}));
    // Ten messages in each of twelve rooms, to six members each.
    assert_eq!(run["deliveries"], 720);
}

#[test]
fn a_server_that_is_not_there_is_named_in_one_line() {
    let output = load(&["fanout", "--binary", "/nowhere/schoolbell", "--connections", "1"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("/nowhere/schoolbell is not there; build it"), "{said}");
}

#[test]
fn a_peer_that_cannot_play_says_so() {
    let output = load(&["quiz", "--peer", "floor", "--players", "1"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("floor knows no quiz"));
}
