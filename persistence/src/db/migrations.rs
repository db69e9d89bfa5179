//! Which migrations a database has, and which it lacks.

use sqlx::migrate::{AppliedMigration, MigrateError, Migrator};

/// The names of those that are not applied yet, in their order, as `0001_schools`. A database that has others than ours was
/// migrated by a newer or different program.
pub(super) fn pending(known: &Migrator, applied: &[AppliedMigration]) -> Result<Vec<String>, MigrateError> {
    for applied in applied {
        let same = known.iter().find(|known| known.version == applied.version);
        match same {
            None => return Err(MigrateError::VersionMissing(applied.version)),
            Some(same) if same.checksum != applied.checksum => {
                return Err(MigrateError::VersionMismatch(applied.version));
            }
            Some(_) => {}
        }
    }
    let pending = known.iter().filter(|known| !applied.iter().any(|row| row.version == known.version));
    Ok(pending.map(|known| format!("{:04}_{}", known.version, known.description)).collect())
}
