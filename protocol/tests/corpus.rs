//! Replays the fuzzers' corpora: what was once found stays found, on the stable compiler and in every run of the tests.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

#[path = "corpus/checks.rs"]
mod checks;

use std::{fs, path::Path};

/// Runs a check over each file of a target's corpus.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{} is no corpus", folder.display());
    for file in files {
        // Shown when the check fails.
        println!("{}", file.display());
        check(&fs::read(&file).unwrap());
    }
}

#[test]
fn json_frames_keep_their_promises() {
    replay("json", checks::json);
}

#[test]
fn msgpack_frames_keep_their_promises() {
    replay("msgpack", checks::msgpack);
}

#[test]
fn protobuf_frames_keep_their_promises() {
    replay("protobuf", checks::protobuf);
}

#[test]
fn emulation_requests_keep_their_promises() {
    replay("emulation", checks::emulation);
}

#[test]
fn filters_keep_their_promises() {
    replay("filter", checks::filter);
}
