//! What an idle writer asks of Redis.

use crate::ground::{Nothing, journal};
use persistence::journal::{Journal, Sinks, Writer, WriterConfig};
use std::sync::Arc;
use std::time::Duration;
use test_servers::redis::Server;

/// For the pauses to have grown to their length.
const SETTLED: Duration = Duration::from_secs(12);
const LOOKED: Duration = Duration::from_secs(20);

pub async fn run() {
    let server = Server::single();
    let journal: Arc<dyn Journal> = Arc::new(journal(&server, 128).await);
    let target = Nothing::open().await;
    let writer = Writer::new(journal, &target.store, Sinks::default(), WriterConfig::new("a"));
    let looking = async {
        tokio::time::sleep(SETTLED).await;
        let before = asked(&server);
        tokio::time::sleep(LOOKED).await;
        let each = (asked(&server) - before) / LOOKED.as_secs();
        println!("an idle writer of 128 shards runs {each} scripts a second");
        assert!(each < 50, "an idle writer asks too much");
    };
    writer.run(looking).await;
}

/// Scripts that were run.
fn asked(server: &Server) -> u64 {
    let stats = server.cli(&["INFO", "commandstats"]);
    let line = stats.lines().find(|line| line.starts_with("cmdstat_evalsha:")).unwrap();
    line.split(['=', ',']).nth(1).unwrap().parse().unwrap()
}
