//! `schoolbell serve`

use super::{Common, Failure, runtime, say};
use crate::{compose::App, config::Config, demo, listen, router::router, shutdown, telemetry};
use anyhow::Context as _;
use clap::Args;
use protocol::role::Role;
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

/// Flags of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Seed a demo school and let everybody sign in to it; never for real data
    #[arg(long)]
    demo: bool,
    /// Address and port to listen on
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        let mut layers = common.layers();
        if let Some(address) = self.listen {
            layers.flags.push(("--listen", &["listen"], address));
        }
        let config = layers.load(Path::new("."))?;
        telemetry::start_logs(&config.log).map_err(|error| Failure::Config(error.to_string()))?;
        Ok(runtime()?.block_on(serve(config, self.demo))?)
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
    let app = App::start(config, demo).await?;
    let addresses = listeners.addresses();
    tracing::info!(?addresses, version = env!("CARGO_PKG_VERSION"), demo, "listening");
    for line in greeting(&app, &addresses) {
        say(&line);
    }
    let serving = tokio::spawn({
        let http = app.config.http.clone();
        let router = router(&app);
        let stop = stop.clone();
        async move { listeners.serve(router, &http, stop).await }
    });
    stop.cancelled().await;
    app.begin_drain();
    serving.await.context("the accept loop ended badly")?;
    app.shut_down(Duration::from_secs(app.config.shutdown_s)).await;
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
