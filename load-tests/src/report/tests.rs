#![expect(clippy::unwrap_used, reason = "tests")]

use super::{page::page, *};
use crate::{audience::Faults, outcome::Point};
use serde_json::json;

fn run(cpu_us: f64) -> Outcome {
    let mut outcome = Outcome { deliveries: 1, ..Outcome::default() };
    outcome.figure("cpu_us", "server CPU per delivery", "µs", cpu_us);
    let mut latency = crate::latency::Latency::new();
    latency.record(2_000_000);
    outcome.times("latency", "due to read", &latency);
    outcome
}

fn report() -> Report {
    let machine = Machine {
        processor: "A <fast> processor".to_owned(),
        cores: 2,
        memory_mib: 4_096,
        kernel: "Linux 6.18".to_owned(),
    };
    let peer = |name: &str, values: [f64; 3]| PeerRuns {
        peer: name.to_owned(),
        runs: values.into_iter().map(run).collect(),
    };
    Report {
        title: "One channel".to_owned(),
        scenario: "fanout".to_owned(),
        parameters: json!({"connections":1_000}),
        machine,
        peers: vec![peer("schoolbell", [3.3, 6.6, 3.6]), peer("floor", [3.0, 6.0, 3.0])],
    }
}

#[test]
fn a_row_has_the_medians_and_the_ratio_of_the_pairs() {
    let rows = report().rows();
    assert_eq!(rows[0].key, "cpu_us");
    assert_eq!(rows[0].cells[0].median, Some(3.6));
    assert_eq!(rows[0].cells[0].ratio, None);
    assert_eq!(rows[0].cells[1].median, Some(3.0));
    assert!((rows[0].cells[1].ratio.unwrap() - 1.1).abs() < 1e-9);
}

#[test]
fn a_number_that_only_one_server_has_is_shown_all_the_same() {
    let mut report = report();
    report.peers[1].runs[0].figure("beside_us", "Redis", "µs", 1.5);
    let rows = report.rows();
    let row = rows.iter().find(|row| row.key == "beside_us").unwrap();
    assert_eq!((row.cells[0].median, row.cells[1].median), (None, Some(1.5)));
    assert_eq!(row.cells[1].ratio, None);
}

#[test]
fn what_cannot_be_known_is_no_number() {
    let mut outcome = Outcome::default();
    outcome.figure("cpu_us", "CPU", "µs", f64::NAN);
    assert_eq!(outcome.figures, []);
}

#[test]
fn a_report_survives_being_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    std::fs::write(&file, serde_json::to_string(&report()).unwrap()).unwrap();
    assert_eq!(Report::read(&file).unwrap(), report());
    std::fs::write(&file, "{}").unwrap();
    assert!(Report::read(&file).unwrap_err().to_string().contains("is not a report"));
}

#[test]
fn the_page_holds_the_figures_and_asks_nobody_for_anything() {
    let page = page(&[report()]);
    for text in [
        "One channel",
        "fanout",
        "server CPU per delivery",
        ">3.60<",
        ">3.00<",
        "1.10×",
        "p99",
        "connections 1000",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
    assert!(page.contains("A &lt;fast&gt; processor") && !page.contains("<fast>"));
    assert!(page.contains("Every message came"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.matches("<svg").count() >= 3, "runs of two numbers, and shares");
    for fetched in ["http://", "https://", "<script", "@import", "url(", "<link", "<img"] {
        assert!(!page.contains(fetched), "{fetched} in the page");
    }
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn growth_is_drawn_as_a_curve() {
    let mut report = report();
    for peer in &mut report.peers {
        for (run, x) in peer.runs.iter_mut().zip([100.0, 100.0, 100.0]) {
            run.curve = vec![
                Point { series: "10 channels".to_owned(), x, y: 4.0 },
                Point { series: "10 channels".to_owned(), x: 1_000.0, y: 3.0 },
            ];
        }
    }
    let page = page(&[report]);
    assert!(page.contains("schoolbell: 10 channels") && page.contains("floor: 10 channels"));
    assert!(!page.contains("a dot for each run"), "the curve stands for its points");
}

#[test]
fn nothing_is_claimed_about_messages_that_were_not_counted() {
    let mut report = report();
    for run in report.peers.iter_mut().flat_map(|peer| &mut peer.runs) {
        run.deliveries = 0;
    }
    assert!(!page(&[report]).contains("Every message came"));
}

#[test]
fn faults_are_told_first() {
    let mut report = report();
    report.peers[0].runs[1].faults = Faults { lost: 7, out_of_order: 0, ended: 1 };
    let fault = "schoolbell, run 2: 7 messages lost, 0 out of order, 1 connections ended";
    assert_eq!(report.faults(), [fault]);
    let page = page(&[report.clone()]);
    assert!(page.contains(fault) && !page.contains("Every message came"));
    assert!(text(&report).contains(fault));
}

#[test]
fn the_text_shows_medians_and_ratios() {
    let text = text(&report());
    assert!(text.contains("| server CPU per delivery, µs | 3.60 | 3.00 | 1.100 |"), "{text}");
}

#[test]
fn numbers_have_the_digits_that_are_worth_reading() {
    let shown_of = [12_345.6, 123.45, 12.345, 0.123_45].map(shown);
    assert_eq!(shown_of, ["12346", "123.5", "12.35", "0.123"]);
}
