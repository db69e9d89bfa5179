//! How fast the writer brings facts from a journal into Postgres, against one backend that inserts rows of its own:
//! `cargo bench -p schoolbell-persistence --features contract --bench journal -- w1 [--seconds 60] [--rows 1]` and `… -- w4`.
//! Each prints its figures and their ratio, and fails below what is promised (reliability.md).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it measured")]

#[path = "../../tests/postgres/database.rs"]
mod database;
mod ground;
mod idle;

use ground::{Ground, Load};
use std::time::Duration;

/// Of a server that inserts what it generates itself.
const W1_RATIO: f64 = 0.5;
const W1_ROWS: f64 = 40_000.0;
const W1_LAG: Duration = Duration::from_millis(500);
/// Of the speed without poison.
const W4_RATIO: f64 = 0.7;

/// What is asked for on the command line.
struct Wish {
    what: String,
    seconds: u64,
    rows: usize,
    /// Do not fail below a figure.
    lenient: bool,
}

impl Wish {
    fn read() -> Self {
        let mut wish = Self { what: String::new(), seconds: 60, rows: 1, lenient: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seconds" => wish.seconds = words.next().unwrap().parse().unwrap(),
                "--rows" => wish.rows = words.next().unwrap().parse().unwrap(),
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
        "w1" => runtime.block_on(w1(&wish)),
        "w4" => runtime.block_on(w4(&wish)),
        "idle" => runtime.block_on(idle::run()),
        _ => println!("say w1, w4 or idle; nothing is measured by `cargo test`"),
    }
}

async fn w1(wish: &Wish) {
    let ground = Ground::prepare().await;
    let length = Duration::from_secs(wish.seconds);
    let part = length / 4;
    // Around what is compared: a machine grows warmer and slower.
    let before = ground.generate(part);
    let written = ground.write(Load { length, rows: wish.rows, poison: None }).await;
    let after = ground.generate(part);
    let generator = f64::midpoint(before, after);
    let ratio = written.rows_per_s / generator;
    println!("generator: {generator:.0} rows/s (before {before:.0}, after {after:.0})");
    println!("writer: {:.0} rows/s for {length:?}, {} rows a fact", written.rows_per_s, wish.rows);
    println!("lag p99: {:.0} ms", written.lag_p99.as_secs_f64() * 1e3);
    println!("ratio: {ratio:.2}");
    wish.judge("W1 ratio of 0.5", ratio >= W1_RATIO);
    wish.judge("W1 40,000 rows/s", written.rows_per_s >= W1_ROWS);
    wish.judge("W1 lag p99 of 500 ms", written.lag_p99 <= W1_LAG);
}

async fn w4(wish: &Wish) {
    let ground = Ground::prepare().await;
    let length = Duration::from_secs(wish.seconds);
    let load = |poison| Load { length: length / 2, rows: wish.rows, poison };
    // Each half around the other.
    let mut clean = ground.write(load(None)).await.rows_per_s;
    let poisoned = ground.write(Load { length, ..load(Some(100)) }).await;
    clean = f64::midpoint(clean, ground.write(load(None)).await.rows_per_s);
    let ratio = poisoned.rows_per_s / clean;
    println!("clean: {clean:.0} rows/s");
    println!(
        "1 % poison: {:.0} rows/s, {} parked of {}",
        poisoned.rows_per_s, poisoned.parked, poisoned.poison
    );
    println!("ratio: {ratio:.2}");
    wish.judge("W4 every poison row is parked", poisoned.parked == poisoned.poison);
    wish.judge("W4 ratio of 0.7", ratio >= W4_RATIO);
}
