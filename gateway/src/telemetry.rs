//! Logs and measurements.

use crate::config::{LogConfig, LogFormat};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{io::IsTerminal as _, sync::LazyLock, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Buckets of times, seconds: fine around what a player notices (50 to 200 ms).
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0, 2.5, 10.0];
/// Buckets of how much is kept together.
const MESSAGES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often the recorder tidies up; between, its histograms keep every sample.
const UPKEEP: Duration = Duration::from_secs(5);

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("log.level: {0}; use a level like info or a filter like info,live_quiz=debug")]
pub struct LogError(#[from] tracing_subscriber::filter::ParseError);

/// Sends logs to standard error. Does nothing when logs go somewhere already.
///
/// # Errors
/// [`LogError`]
pub fn start_logs(config: &LogConfig) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&config.level)?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let started = match config.format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logs go somewhere already");
    }
    Ok(())
}

/// The one recorder of the process.
static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let messages = Matcher::Suffix("_batch_messages".to_owned());
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &SECONDS)
        .expect("the buckets are not empty")
        .set_buckets_for_metric(messages, &MESSAGES)
        .expect("the buckets are not empty")
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("measurements go somewhere else; /metrics stays empty");
    }
    describe();
    handle
});

/// The measurements so far, as text.
#[must_use]
pub fn measurements() -> String {
    RECORDER.render()
}

/// Begins to measure, and tidies up until `stop`.
pub async fn measure(stop: CancellationToken) {
    LazyLock::force(&RECORDER);
    let mut tick = tokio::time::interval(UPKEEP);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        RECORDER.run_upkeep();
    }
}

fn describe() {
    describe_histogram!(
        "schoolbell_http_request_seconds",
        Unit::Seconds,
        "time from a request's head to its answer's head"
    );
    describe_histogram!(
        "schoolbell_db_seconds",
        Unit::Seconds,
        "time of statements and transactions, with the wait for a connection, by kind"
    );
    describe_gauge!("schoolbell_connections", "connections of clients, over any transport");
    for (name, text) in [
        ("schoolbell_rooms", "games in memory"),
        ("schoolbell_nodes", "living nodes, as this one sees them"),
        ("schoolbell_nodes_isolated", "1 while the other nodes may take this one for gone"),
        ("schoolbell_broker_followed_channels", "channels with subscribers here, over redis"),
        ("schoolbell_broker_silent_partitions", "partitions in use from which nothing comes"),
    ] {
        describe_gauge!(name, text);
    }
    describe_gauge!(
        "schoolbell_clock_offset_seconds",
        Unit::Seconds,
        "this machine's clock against that of redis"
    );
    describe_histogram!(
        "schoolbell_broker_probe_lag_seconds",
        Unit::Seconds,
        "time of a probe to redis and back by pub/sub"
    );
    for (name, text) in [
        (
            "schoolbell_journal_depth_bytes",
            "accepted bytes of this node's parts that are not in the database",
        ),
        (
            "schoolbell_journal_depth_facts",
            "accepted facts of this node's parts that are not in the database",
        ),
        ("schoolbell_journal_shards", "parts of the journal that this node writes"),
        ("schoolbell_journal_dead_letters", "facts that could not be written and are parked"),
    ] {
        describe_gauge!(name, text);
    }
    describe_gauge!(
        "schoolbell_journal_lag_seconds",
        Unit::Seconds,
        "how long the oldest fact has waited for the database"
    );
    describe_histogram!(
        "schoolbell_journal_commit_seconds",
        Unit::Seconds,
        "time from accepting the oldest fact of a batch to having it in the database"
    );
    describe_histogram!("schoolbell_chat_batch_messages", "messages of one school that were kept together");
    for (name, text) in [
        ("schoolbell_journal_accepted_total", "facts accepted by the journal"),
        ("schoolbell_journal_refused_total", "times that the journal did not accept facts, by code"),
        ("schoolbell_journal_committed_total", "facts written into the database"),
        ("schoolbell_journal_rows_total", "rows that facts became"),
        ("schoolbell_journal_parked_total", "facts parked as dead letters"),
        ("schoolbell_journal_failures_total", "batches that could not be written and are tried again"),
        ("schoolbell_http_requests_total", "requests answered"),
        ("schoolbell_disconnects_total", "connections of clients closed, by code"),
        (
            "schoolbell_connects_refused_total",
            "clients sent away before anything was done for them, by reason",
        ),
        ("schoolbell_commands_total", "commands of clients"),
        ("schoolbell_server_api_errors_total", "errors of the server api, by code"),
        ("schoolbell_commands_refused_total", "commands refused for their rate"),
        ("schoolbell_publications_total", "publications into channels"),
        ("schoolbell_deliveries_total", "publications queued for subscribers"),
        ("schoolbell_outbox_conflated_total", "publications replaced by a later one of their kind"),
        ("schoolbell_recoveries_total", "attempts to recover a channel, by outcome"),
        ("schoolbell_history_reads_total", "reads of histories in redis"),
        ("schoolbell_history_coalesced_total", "answers from histories that shared the read of another"),
        (
            "schoolbell_store_statements_total",
            "statements to the database, a transaction counted once, by kind",
        ),
        ("schoolbell_room_entries_total", "entries appended to the logs of games"),
        ("schoolbell_room_store_errors_total", "appends that the store refused"),
        ("schoolbell_nodes_unanswered_total", "questions to other nodes without an answer, by reason"),
        ("schoolbell_nodes_control_caught_up_total", "orders to all nodes that came by the heartbeat alone"),
        ("schoolbell_nodes_resubscriptions_total", "times that this node's own channels were silent"),
        ("schoolbell_broker_publish_errors_total", "publications that redis did not take"),
        (
            "schoolbell_broker_repaired_publications_total",
            "publications that pub/sub lost and the stream had",
        ),
        ("schoolbell_broker_continuity_lost_total", "channels whose subscribers were told of a hole"),
        ("schoolbell_broker_resubscriptions_total", "partitions and channels subscribed to anew"),
        ("schoolbell_quiz_games_opened_total", "games opened"),
        ("schoolbell_quiz_games_finished_total", "games finished and kept"),
        ("schoolbell_quiz_wrong_pins_total", "pins typed that lead nowhere"),
        ("schoolbell_quiz_refusals_total", "commands that a game refused, by code"),
        ("schoolbell_chat_messages_total", "messages sent and kept"),
        ("schoolbell_chat_refusals_total", "messages not taken, by code"),
        ("schoolbell_chat_notes_dropped_total", "messages of which nobody was told beside their channel"),
    ] {
        describe_counter!(name, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_measured_in_buckets() {
        LazyLock::force(&RECORDER);
        metrics::histogram!("schoolbell_test_seconds").record(0.12);
        let text = measurements();
        assert!(text.contains("schoolbell_test_seconds_bucket{le=\"0.1\"} 0"), "{text}");
        assert!(text.contains("schoolbell_test_seconds_bucket{le=\"0.15\"} 1"), "{text}");
    }
}
