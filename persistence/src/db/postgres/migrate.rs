//! Bringing a Postgres database up to date, as the owner of its tables.

use super::{PostgresDb, READ, connect};
use crate::db::{Reach, migrations};
use crate::months::EVENT_TABLES;
use crate::store::OpenError;
use crate::{MigrateError, Unavailable};
use sqlx::error::DatabaseError;
use sqlx::migrate::{AppliedMigration, Migrator};
use sqlx::{Connection as _, Error};
use std::sync::LazyLock;

static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations/postgres");
    // Ours is held by the transaction, which holds behind a pooler, too.
    migrations.set_locking(false);
    migrations
});

/// One transaction for all: it is all there or nothing, and of nodes that start together one goes first. The number is the
/// lock's name, chosen once. Statements that others left on a pooled connection would have the names of ours.
const BEGIN: &str = "BEGIN; DEALLOCATE ALL; SELECT pg_advisory_xact_lock(7061644215716937728)";

const IS_PREPARED: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";

const NAME_ROLE: &str = "SELECT set_config('schoolbell.role', $1, TRUE)";

/// Lets the role work with our tables, which are known by their policies, and makes it if nobody has yet. Who works as the
/// owner needs none, so a missing right to make roles is no failure. Partitions are reached through their tables, and the
/// audit log only grows.
const GRANT: &str = r"
DO $grant$
DECLARE
    app name := current_setting('schoolbell.role');
    ours regclass;
BEGIN
    IF app = current_user THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', app);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RETURN;
        END;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), app);
    EXECUTE format('GRANT SELECT ON _sqlx_migrations TO %I', app);
    FOR ours IN
        SELECT DISTINCT polrelid::regclass FROM pg_policy
        JOIN pg_class ON pg_class.oid = polrelid
        WHERE relnamespace = current_schema()::regnamespace AND polname LIKE 'schoolbell\_%'
            AND NOT relispartition
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', ours, app);
    END LOOP;
    EXECUTE format('REVOKE UPDATE, DELETE ON audit_log FROM %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION schoolbell_keep_months(text, bigint) TO %I', app);
END
$grant$";

const MAKE_MONTHS: &str = "
    SELECT count(*) FROM unnest($1) AS event_table (name), LATERAL schoolbell_keep_months(name, NULL)";

impl PostgresDb {
    /// Applies what is pending, makes the next months of events, and grants the tables to the role.
    pub(crate) async fn migrate(&self) -> Result<(), MigrateError> {
        let url = self.config.owner_url.as_ref().unwrap_or(&self.config.url);
        let mut connection = connect(url).await.map_err(|error| match error {
            OpenError::Unavailable(error) => MigrateError::Unavailable(error),
            refused => MigrateError::Refused(refused),
        })?;
        let mut tx = connection.begin_with(BEGIN).await.map_err(failed)?;
        MIGRATIONS.run(&mut *tx).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => failed(error),
            other => MigrateError::Unavailable(other.into()),
        })?;
        sqlx::query(MAKE_MONTHS).bind(&EVENT_TABLES[..]).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query(NAME_ROLE).bind(&self.config.role).execute(&mut *tx).await.map_err(failed)?;
        sqlx::raw_sql(GRANT).execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    /// The names of the migrations that are not applied yet.
    pub(crate) async fn pending_migrations(&self) -> Result<Vec<String>, Unavailable> {
        let mut tx = self.begin(READ, Reach::Directory).await?;
        let (prepared,): (bool,) = tx.fetch_one(IS_PREPARED, []).await?;
        let mut applied = Vec::new();
        if prepared {
            let rows: Vec<(i64, Vec<u8>)> = tx.fetch_all(APPLIED, []).await?;
            let migration =
                |(version, checksum): (i64, Vec<u8>)| AppliedMigration { version, checksum: checksum.into() };
            applied.extend(rows.into_iter().map(migration));
        }
        tx.commit().await?;
        Ok(migrations::pending(&MIGRATIONS, &applied)?)
    }
}

fn failed(error: Error) -> MigrateError {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    let code = error.as_database_error().and_then(DatabaseError::code);
    if code.as_deref() == Some(INSUFFICIENT_PRIVILEGE) {
        return MigrateError::NotAllowed(error.into());
    }
    MigrateError::Unavailable(error.into())
}
