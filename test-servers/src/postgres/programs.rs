//! Where Postgres's programs are.

use std::{fs, path::PathBuf};

/// The oldest version that is tested with.
const OLDEST: u32 = 15;

/// The path of one of Postgres's programs.
///
/// # Panics
/// When it is nowhere.
pub(super) fn program(name: &str) -> String {
    let found = packaged(name).or_else(|| on_path(name));
    let found = found.unwrap_or_else(|| {
        panic!("there is no {name} of Postgres {OLDEST} or newer; install the Debian package postgresql")
    });
    found.display().to_string()
}

/// Debian keeps each version in a folder that is on nobody's path.
fn packaged(name: &str) -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = folders.filter_map(|folder| folder.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut versions: Vec<u32> = versions.filter(|version| *version >= OLDEST).collect();
    versions.sort_unstable();
    let mut paths = versions
        .iter()
        .rev()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")).join(name));
    paths.find(|path| path.is_file())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}
