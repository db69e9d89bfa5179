//! Runs of several servers in turn.

use crate::{
    machine::Machine,
    peer::Peer,
    progress::Progress,
    report::{PeerRuns, Report},
    scenario::Scenario,
    settings::Settings,
    stage::Stage,
};
use anyhow::{Context as _, ensure};

/// Plays a scenario `runs` times against each server. They take turns, so that what changes on the machine meanwhile
/// meets them all.
pub fn play(settings: &Settings, scenario: &Scenario, peers: &[Peer], runs: usize) -> anyhow::Result<Report> {
    ensure!(!peers.is_empty() && runs > 0, "at least one server and one run");
    let mut results: Vec<PeerRuns> =
        peers.iter().map(|peer| PeerRuns { peer: peer.to_string(), runs: Vec::new() }).collect();
    for run in 1..=runs {
        for (peer, results) in peers.iter().zip(&mut results) {
            let heading = format!("{} · {peer} · run {run} of {runs}", scenario.name());
            let stage =
                Stage { peer: peer.clone(), settings: settings.clone(), progress: Progress::new(heading) };
            let outcome =
                scenario.run(&stage).with_context(|| format!("{} against {peer} failed", scenario.name()))?;
            let first = outcome.figures.first();
            let first = first.map_or(String::new(), |figure| {
                format!("{}: {:.2} {}", figure.label, figure.value, figure.unit)
            });
            stage.progress.done(&first);
            results.runs.push(outcome);
        }
    }
    Ok(Report {
        title: settings.title.clone().unwrap_or_else(|| scenario.name().to_owned()),
        scenario: scenario.name().to_owned(),
        parameters: scenario.parameters(),
        machine: Machine::this(),
        peers: results,
    })
}
