//! How fast messages are committed, and how fast a person's conversations are listed:
//! `cargo bench -p schoolbell-persistence --features contract --bench chat -- send [--seconds 20] [--rate 5000]` and
//! `… -- list`. Each prints its figures and fails below what is promised.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it measured")]

mod ground;

use ground::{Ground, Load};
use std::time::Duration;

/// Of 200 conversations, with what is unread.
const LIST: Duration = Duration::from_millis(50);
/// From the moment a message comes to the answer of its commit; delivery has 20 ms in all.
const COMMITTED: Duration = Duration::from_millis(20);

/// What is asked for on the command line.
struct Wish {
    what: String,
    seconds: u64,
    rate: u32,
    /// Do not fail below a figure.
    lenient: bool,
}

impl Wish {
    fn read() -> Self {
        let mut wish = Self { what: String::new(), seconds: 20, rate: 5_000, lenient: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seconds" => wish.seconds = words.next().unwrap().parse().unwrap(),
                "--rate" => wish.rate = words.next().unwrap().parse().unwrap(),
                "--lenient" => wish.lenient = true,
                // Cargo adds it.
                "--bench" => {}
                what => what.clone_into(&mut wish.what),
            }
        }
        wish
    }

    fn judge(&self, what: &str, kept: bool) {
        println!("{what}: {}", if kept { "kept" } else { "BROKEN" });
        assert!(kept || self.lenient, "{what}");
    }
}

fn main() {
    let wish = Wish::read();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match wish.what.as_str() {
        "send" => runtime.block_on(send(&wish)),
        "list" => runtime.block_on(list(&wish)),
        _ => println!("say send or list; nothing is measured by `cargo test`"),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn send(wish: &Wish) {
    for (kind, ground) in [("postgres", Ground::on_postgres().await), ("sqlite", Ground::on_sqlite().await)] {
        let load = Load { length: Duration::from_secs(wish.seconds), rate: wish.rate };
        let sent = ground.send(load).await;
        println!(
            "{kind}: {:.0} messages/s, {:.1} a transaction; commit p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            sent.per_second,
            sent.together,
            ms(sent.p50),
            ms(sent.p99),
            ms(sent.max)
        );
        wish.judge(
            &format!("{kind} {} messages/s", wish.rate),
            sent.per_second >= f64::from(wish.rate) * 0.98,
        );
        wish.judge(&format!("{kind} commit p99 of {} ms", COMMITTED.as_millis()), sent.p99 <= COMMITTED);
    }
}

async fn list(wish: &Wish) {
    for (kind, ground) in [("postgres", Ground::on_postgres().await), ("sqlite", Ground::on_sqlite().await)] {
        let (listed, counted) = ground.list().await;
        for (what, times) in [("list of 200", listed), ("unread of 200", counted)] {
            println!(
                "{kind} {what}: p50 {:.1} ms, p99 {:.1} ms",
                ms(times[times.len() / 2]),
                ms(times[times.len() * 99 / 100])
            );
            wish.judge(&format!("{kind} {what} p99 of 50 ms"), times[times.len() * 99 / 100] <= LIST);
        }
    }
}
