//! Sinks: what facts of a kind become in the tables.
//!
//! A sink is a pure function of a fact. The writer gathers the rows of a batch, sorts them by their keys (batches that
//! lock in one order cannot wait for each other in a circle), keeps the last of equal keys, and writes each statement once.

use super::{Fact, Kind};
use crate::db::{Sql, Tx, Value, Values};
use protocol::ids::SchoolId;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::Error;
use sqlx::types::Json;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use uuid::Uuid;

/// What a column holds. Each may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `boolean`
    Bool,
    /// `bytea`, `BLOB`
    Bytes,
    /// `double precision`
    F64,
    /// `bigint`
    I64,
    /// `jsonb`
    Json,
    /// `text`
    Text,
    /// `uuid`, `BLOB`
    Uuid,
}

/// One value of a row.
#[derive(Clone, Debug)]
pub enum Cell {
    /// True or false.
    Bool(Option<bool>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// A number; never part of a key.
    F64(Option<f64>),
    /// A whole number.
    I64(Option<i64>),
    /// JSON, best made by [`Cell::json`]; never part of a key.
    Json(Option<Box<RawValue>>),
    /// Text without NUL, best made from a string.
    Text(Option<String>),
    /// An id.
    Uuid(Option<Uuid>),
}

/// A statement that writes rows of one table, and writes them again without a difference: an INSERT with ON CONFLICT.
/// `$1` is the school. Facts of one key come in their order, but what was parked may come late: where a newer row must not
/// be overwritten, the statement says so (`WHERE t.occurred_us <= excluded.occurred_us`).
#[derive(Clone, Copy, Debug)]
pub struct Upsert {
    /// `INSERT … SELECT $1, … FROM UNNEST($2::uuid[], $3::bigint[]) AS … ON CONFLICT …`: an array for each column.
    pub postgres: &'static str,
    /// `INSERT … VALUES ($1, $2, $3) ON CONFLICT …`: once for each row.
    pub sqlite: &'static str,
    /// The columns, from `$2` on.
    pub columns: &'static [Column],
    /// How many of them, the first ones, are the key within a school.
    pub key: usize,
}

/// A row for one of a sink's statements.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which of [`Sink::statements`].
    pub statement: usize,
    /// A cell for each of its columns.
    pub cells: Vec<Cell>,
}

/// Why a fact can never be written as it is. It is parked with this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Poison {
    /// Stable name.
    pub code: &'static str,
    /// For whoever has to mend it; kept beside the fact, and never logged.
    pub reason: String,
}

/// What facts of a kind become.
pub trait Sink: Send + Sync + 'static {
    /// Which kind.
    fn kind(&self) -> Kind;

    /// The statements, in the order in which they are written.
    fn statements(&self) -> &[Upsert];

    /// The rows of a fact.
    ///
    /// # Errors
    /// [`Poison`] when there is no sense in the fact.
    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison>;
}

/// All sinks. Kinds are written in this order, school by school. Clones share them.
#[derive(Clone, Default)]
pub struct Sinks(Arc<[Arc<dyn Sink>]>);

/// Why sinks do not work together, or one not at all: defects, that is.
#[derive(Debug, thiserror::Error)]
pub enum SinksError {
    /// Two would write facts of one kind.
    #[error("two sinks are registered for facts of kind {0}; register one")]
    Two(Kind),
    /// A statement's key has no column, more than there are, or one that has no order.
    #[error("the key of a statement for facts of kind {0} is no key; give it columns that can be compared")]
    NoKey(Kind),
}

impl Upsert {
    fn has_key(&self) -> bool {
        let key = self.columns.get(..self.key).unwrap_or_default();
        !key.is_empty() && !key.iter().any(|column| matches!(column, Column::F64 | Column::Json))
    }
}

/// A fact's place among those of its sink, and its rows.
pub(super) struct Written {
    pub at: usize,
    pub rows: Vec<Row>,
}

impl Cell {
    /// As JSON.
    ///
    /// # Errors
    /// [`Poison`] when it has no form in JSON.
    pub fn json(value: &impl Serialize) -> Result<Self, Poison> {
        match Value::json(value) {
            Ok(Value::Json(Some(Json(raw)))) => Ok(Self::Json(Some(raw))),
            Ok(_) => Ok(Self::Json(None)),
            Err(error) => Err(Poison { code: "no_json", reason: error.to_string() }),
        }
    }

    fn fits(&self, column: Column) -> bool {
        matches!(
            (self, column),
            (Self::Bool(_), Column::Bool)
                | (Self::Bytes(_), Column::Bytes)
                | (Self::F64(_), Column::F64)
                | (Self::I64(_), Column::I64)
                | (Self::Json(_), Column::Json)
                | (Self::Text(_), Column::Text)
                | (Self::Uuid(_), Column::Uuid)
        )
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::I64(a), Self::I64(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            // Never in a key; and cells of one column are of one type.
            _ => Ordering::Equal,
        }
    }
}

impl From<Uuid> for Cell {
    fn from(value: Uuid) -> Self {
        Self::Uuid(Some(value))
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::I64(Some(value))
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(Some(value))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::F64(Some(value))
    }
}

impl From<Vec<u8>> for Cell {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

/// Postgres keeps no NUL in texts; it becomes U+FFFD.
impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(Some(if value.contains('\0') { value.replace('\0', "\u{fffd}") } else { value }))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl Sinks {
    /// These, in this order.
    ///
    /// # Errors
    /// [`SinksError`]
    pub fn new(sinks: impl IntoIterator<Item = Arc<dyn Sink>>) -> Result<Self, SinksError> {
        let sinks: Arc<[Arc<dyn Sink>]> = sinks.into_iter().collect();
        for (at, sink) in sinks.iter().enumerate() {
            let kind = sink.kind();
            if sinks.iter().skip(at + 1).any(|other| other.kind() == kind) {
                return Err(SinksError::Two(kind));
            }
            if !sink.statements().iter().all(Upsert::has_key) {
                return Err(SinksError::NoKey(kind));
            }
        }
        Ok(Self(sinks))
    }

    /// The sink of a kind, with its place among all.
    pub(super) fn of(&self, kind: &Kind) -> Result<(usize, &dyn Sink), Poison> {
        let found = self.0.iter().enumerate().find(|(_, sink)| sink.kind() == *kind);
        found.map(|(at, sink)| (at, sink.as_ref())).ok_or_else(|| Poison {
            code: "unknown_kind",
            reason: format!("no sink is registered for facts of kind {kind}"),
        })
    }

    /// Whether this version of the program knows facts of a kind.
    pub(super) fn know(&self, kind: &Kind) -> bool {
        self.of(kind).is_ok()
    }

    /// Writes one fact, in a transaction about its school.
    pub(crate) async fn write_one(&self, tx: &mut Tx, fact: &Fact) -> Result<Result<(), Error>, Poison> {
        let (_, sink) = self.of(&fact.kind)?;
        let rows = rows_of(sink, fact)?;
        Ok(write(tx, sink, fact.school, &[Written { at: 0, rows }]).await.map(drop))
    }

    pub(super) fn at(&self, place: usize) -> Option<&dyn Sink> {
        self.0.get(place).map(AsRef::as_ref)
    }
}

/// The rows of a fact, whose cells fit their columns.
pub(super) fn rows_of(sink: &dyn Sink, fact: &Fact) -> Result<Vec<Row>, Poison> {
    // One fact that its sink does not bear must not hold up all behind it.
    let rows = catch_unwind(AssertUnwindSafe(|| sink.rows(fact)))
        .map_err(|_| Poison { code: "sink_panicked", reason: "the sink met a defect".to_owned() })??;
    for row in &rows {
        let fits = sink.statements().get(row.statement).is_some_and(|upsert| {
            let (cells, columns) = (&row.cells, upsert.columns);
            cells.len() == columns.len() && cells.iter().zip(columns).all(|(cell, column)| cell.fits(*column))
        });
        if !fits {
            let reason = format!("a row for statement {} does not fit its columns", row.statement);
            return Err(Poison { code: "misshapen_row", reason });
        }
    }
    Ok(rows)
}

/// Writes the rows of some facts, which come in their order, and returns how many that are. The transaction is about their
/// school.
pub(super) async fn write(
    tx: &mut Tx,
    sink: &dyn Sink,
    school: SchoolId,
    facts: &[Written],
) -> Result<usize, Error> {
    let mut written = 0;
    for (statement, upsert) in sink.statements().iter().enumerate() {
        let of_statement = |row: &&Row| row.statement == statement;
        let mut rows: Vec<&[Cell]> =
            facts.iter().flat_map(|fact| &fact.rows).filter(of_statement).map(|row| &row.cells[..]).collect();
        if rows.is_empty() {
            continue;
        }
        let by_key = |a: &&[Cell], b: &&[Cell]| {
            let pairs = a.iter().zip(*b).take(upsert.key);
            pairs.map(|(a, b)| a.order(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        // Stable, so that the last of equal keys is that of the newest fact; and one statement may not touch a row twice.
        rows.sort_by(by_key);
        let mut kept: Vec<&[Cell]> = Vec::with_capacity(rows.len());
        for row in rows {
            match kept.last_mut() {
                Some(last) if by_key(last, &row).is_eq() => *last = row,
                _ => kept.push(row),
            }
        }
        let columns: Vec<Values<'_>> =
            upsert.columns.iter().enumerate().map(|(at, column)| values(*column, at, &kept)).collect();
        tx.write_rows(Sql::each(upsert.postgres, upsert.sqlite), school, &columns, kept.len()).await?;
        written += kept.len();
    }
    Ok(written)
}

/// One column of the rows.
fn values<'r>(column: Column, at: usize, rows: &[&'r [Cell]]) -> Values<'r> {
    macro_rules! gather {
        ($variant:ident, $value:ident => $take:expr) => {
            Values::$variant(
                rows.iter()
                    .map(|row| match row.get(at) {
                        Some(Cell::$variant($value)) => $take,
                        _ => None,
                    })
                    .collect(),
            )
        };
    }
    match column {
        Column::Bool => gather!(Bool, value => *value),
        Column::Bytes => gather!(Bytes, value => value.as_deref()),
        Column::F64 => gather!(F64, value => *value),
        Column::I64 => gather!(I64, value => *value),
        Column::Json => gather!(Json, value => value.as_deref().map(Json)),
        Column::Text => gather!(Text, value => value.as_deref()),
        Column::Uuid => gather!(Uuid, value => *value),
    }
}
