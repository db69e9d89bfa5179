//! `schoolbell serve`

use super::{Common, Failure, runtime, say};
use crate::{
    compose::{App, DatabaseError},
    config::Config,
    demo, listen,
    router::{router, starting},
    shutdown, telemetry,
    ws::Admission,
};
use anyhow::Context as _;
use clap::Args;
use persistence::redis::StartError;
use protocol::role::Role;
use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Flags of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Seed a demo school and let everybody sign in to it; never for real data
    #[arg(long)]
    demo: bool,
    /// Address and port to listen on
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Redis that several nodes share: redis://host:port, redis-cluster://host:port
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
}

impl Serve {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        let mut layers = common.layers();
        if let Some(address) = self.listen {
            layers.flags.push(("--listen", &["listen"], address));
        }
        if let Some(url) = self.redis_url {
            layers.flags.push(("--redis-url", &["redis_url"], url));
        }
        let config = layers.load(Path::new("."))?;
        telemetry::start_logs(&config.log).map_err(|error| Failure::Config(error.to_string()))?;
        runtime()?.block_on(serve(config, self.demo)).map_err(failure)
    }
}

/// What only the operator can mend is a matter of configuration.
fn failure(error: anyhow::Error) -> Failure {
    match error.downcast::<StartError>() {
        Ok(error) => Failure::Config(format!("redis_url: {error}")),
        Err(error) => match error.downcast::<DatabaseError>() {
            Ok(error) => Failure::Config(error.to_string()),
            Err(error) => Failure::Other(error),
        },
    }
}

async fn serve(config: Config, demo: bool) -> anyhow::Result<()> {
    let stop = shutdown::on_signal().context("signals cannot be watched")?;
    let measuring = tokio::spawn(telemetry::measure(stop.clone()));
    // The port first: a second server must not touch the first one's games.
    let listeners = listen::bind(&config.listen).await?;
    for (setting, danger) in config.insecure.dangers() {
        tracing::warn!(setting, "INSECURE: {danger}");
    }
    // It listens before it is put together: while Postgres or Redis is away, it says that it lives and is not ready.
    let (closing, started) = (CancellationToken::new(), Arc::new(OnceLock::new()));
    let addresses = listeners.addresses();
    let admission = Admission::new(&config.limits);
    let serving = tokio::spawn({
        let (http, router, closing) = (config.http.clone(), starting(Arc::clone(&started)), closing.clone());
        let admission = Arc::clone(&admission);
        async move { listeners.serve(router, &http, admission, closing).await }
    });
    let Some(app) = stop.run_until_cancelled(App::start(config, demo)).await.transpose()? else {
        return Ok(());
    };
    started.get_or_init(|| router(&app, admission));
    tracing::info!(?addresses, version = env!("CARGO_PKG_VERSION"), demo, "listening");
    for line in greeting(&app, &addresses) {
        say(&line);
    }
    stop.cancelled().await;
    app.drain(Duration::from_secs(app.config.shutdown_s)).await;
    closing.cancel();
    serving.await.context("the accept loop ended badly")?;
    app.shut_down().await;
    measuring.await.context("measuring ended badly")?;
    tracing::info!("stopped");
    Ok(())
}

/// What to open and how to sign in.
fn greeting(app: &Arc<App>, addresses: &[SocketAddr]) -> Vec<String> {
    let port = addresses.first().map_or(0, SocketAddr::port);
    let host = app.config.listen.rsplit_once(':').map_or("localhost", |(host, _)| host);
    // An address for all interfaces is nothing that a browser can open.
    let host = if matches!(host, "0.0.0.0" | "[::]" | "") { "localhost" } else { host };
    let url = app.config.public_url.clone().unwrap_or_else(|| format!("http://{host}:{port}"));
    let mut lines = vec![String::new(), format!("  Schoolbell is running at {url}")];
    if let Some(demo) = &app.demo {
        let accounts = demo.accounts();
        let first = |role| accounts.iter().find(|account| account.role == role);
        lines.push(String::new());
        lines.push(
            "  This is a demo: everybody who reaches it can sign in. Do not keep real data in it.".to_owned(),
        );
        for (title, role) in [("teacher", Role::Teacher), ("student", Role::Student)] {
            if let Some(account) = first(role) {
                lines.push(format!("    {title}   {}   password {}", account.login, demo::PASSWORD));
            }
        }
        lines.push(
            "  Host a quiz as the teacher; join it from other windows by its PIN, no account needed."
                .to_owned(),
        );
    }
    lines.push(String::new());
    lines
}
