//! A report as a page.
use super::Report;
use std::path::Path;
/// Writes one page.
pub fn write_page(path: &Path, reports: &[Report]) -> anyhow::Result<()> {
    let _ = (path, reports);
    Ok(())
}
