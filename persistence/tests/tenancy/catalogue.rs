//! What the database says about itself: a new table is looked at without being named here.

use crate::database::copy;
use test_servers::postgres::Server;

/// The tables that no school owns alone. All others show and take the rows of one school at a time.
///
/// Directories are asked before the school is known. They hold routing ids and nothing else, are read by all, and take
/// changes for the transaction's own school only.
pub const DIRECTORIES: [(&str, &str); 5] = [
    ("open_dead_letter", "an operator looks for facts that could not be written, of whatever school"),
    ("open_game", "a player types a PIN before anybody knows the school; a starting server looks for games"),
    ("open_learning", "a server looks for games that nobody has learned from, of all schools"),
    (
        "open_posting",
        "a server looks for ended games of classes that are not in the gradebook yet, of all schools",
    ),
    ("open_room", "a starting server looks for rooms to revive, of all schools"),
];
/// Without rows of schools.
const OPEN: [(&str, &str); 2] = [
    ("_sqlx_migrations", "which migrations are applied; the role may only read it"),
    ("wb_checkpoint", "how far the journal is written, of all schools together"),
];

const OWN: &str = "(school_id = ( SELECT (NULLIF(current_setting('app.current_school'::text, true), ''::text))::uuid AS \"nullif\"))";

/// Tables to which the server's role only adds.
pub const APPEND_ONLY: [&str; 1] = ["audit_log"];

/// Tables with rows of schools. Their partitions are reached through them.
pub fn tables(server: &Server, database: &str) -> Vec<String> {
    let sql =
        "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'school_id'
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname";
    let tables: Vec<String> = server.sql(database, sql).lines().map(str::to_owned).collect();
    assert!(tables.len() > 10, "{tables:?}");
    tables
}

/// Partitions of tables of events, with the tables.
pub fn partitions(server: &Server, database: &str) -> Vec<(String, String)> {
    let sql = "SELECT inhrelid::regclass, inhparent::regclass FROM pg_inherits
        JOIN pg_class ON pg_class.oid = inhrelid WHERE relkind = 'r' ORDER BY 1";
    let rows = server.sql(database, sql);
    let pairs = rows.lines().map(|line| line.split_once('|').unwrap());
    let partitions: Vec<_> = pairs.map(|(part, table)| (part.to_owned(), table.to_owned())).collect();
    // This month, three more and the rest, of four tables.
    assert!(partitions.len() >= 20, "{partitions:?}");
    partitions
}

pub fn is_append_only(table: &str) -> bool {
    APPEND_ONLY.contains(&table)
}

pub fn is_directory(table: &str) -> bool {
    DIRECTORIES.iter().any(|(name, _)| *name == table)
}

#[tokio::test]
async fn every_table_is_a_schools_or_on_the_list_with_its_reason() {
    let (server, name) = copy().await;
    let all = server.sql(
        &name,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition ORDER BY relname",
    );
    let of_schools = tables(server, &name);
    for table in all.lines() {
        let open = OPEN.iter().any(|(name, _)| *name == table);
        assert!(
            open != of_schools.iter().any(|name| name == table),
            "{table} has no school_id and is not on the list"
        );
    }
    for (table, reason) in DIRECTORIES.iter().chain(&OPEN) {
        assert!(all.lines().any(|name| name == *table) && !reason.is_empty(), "{table} does not exist");
    }
}

#[tokio::test]
async fn every_table_of_schools_has_the_policies_of_its_kind() {
    let (server, name) = copy().await;
    let parts = partitions(server, &name).into_iter().map(|(part, _)| part);
    for table in tables(server, &name).into_iter().chain(parts) {
        let forced =
            format!("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = '{table}'");
        assert_eq!(server.sql(&name, &forced), "t", "{table}");
        let policies = server.sql(
            &name,
            &format!(
                "SELECT cmd, permissive, roles, coalesce(qual, '-'), coalesce(with_check, '-') FROM pg_policies
                WHERE tablename = '{table}' ORDER BY cmd"
            ),
        );
        let policy =
            |cmd: &str, seen: &str, taken: &str| format!("{cmd}|PERMISSIVE|{{public}}|{seen}|{taken}");
        let wanted = if is_directory(&table) {
            vec![
                policy("DELETE", OWN, "-"),
                policy("INSERT", "-", OWN),
                policy("SELECT", "true", "-"),
                policy("UPDATE", OWN, OWN),
            ]
        } else {
            vec![policy("ALL", OWN, OWN)]
        };
        assert_eq!(policies.lines().collect::<Vec<_>>(), wanted, "{table}");
    }
}

#[tokio::test]
async fn no_row_can_lie_between_schools_or_point_into_another() {
    let (server, name) = copy().await;
    let keys = server.sql(
        &name,
        "SELECT conrelid::regclass, contype, (SELECT attname FROM pg_attribute
            WHERE attrelid = conrelid AND attnum = conkey[1]),
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) AND attname = 'school_id'),
            NOT EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = conrelid AND attname = 'school_id' AND NOT attnotnull)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f')",
    );
    let of_none = |key: &str| OPEN.iter().any(|(table, _)| key.split('|').next() == Some(table));
    for key in keys.lines().filter(|key| !of_none(key)) {
        let parts: Vec<&str> = key.split('|').collect();
        let [table, kind, first, carried, bound] = parts[..] else { unreachable!("five columns") };
        assert_eq!(bound, "t", "{table} takes rows of no school");
        match kind {
            "f" => {
                assert_eq!(
                    (first, carried),
                    ("school_id", "t"),
                    "a key of {table} does not carry the school"
                );
            }
            // A PIN is unique among all schools.
            _ if is_directory(table) => {}
            _ => assert_eq!(first, "school_id", "the school is not the first part of {table}'s key"),
        }
    }
}
