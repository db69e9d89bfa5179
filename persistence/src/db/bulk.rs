//! Many rows of one shape, and schools that take turns within a transaction.

use super::postgres::in_time;
use super::{Sql, Tx, Value};
use protocol::ids::SchoolId;
use serde_json::value::RawValue;
use sqlx::postgres::PgArguments;
use sqlx::types::Json;
use sqlx::{Arguments as _, Error, query_with, raw_sql};
use uuid::Uuid;

/// One column of the rows.
#[derive(Clone, Debug)]
pub(crate) enum Values<'v> {
    Bool(Vec<Option<bool>>),
    Bytes(Vec<Option<&'v [u8]>>),
    F64(Vec<Option<f64>>),
    I64(Vec<Option<i64>>),
    Json(Vec<Option<Json<&'v RawValue>>>),
    Text(Vec<Option<&'v str>>),
    Uuid(Vec<Option<Uuid>>),
}

const ENTER: &str = "SELECT set_config('app.current_school', $1, TRUE)";

impl Tx {
    /// From here on the transaction is about this school.
    pub(crate) async fn enter(&mut self, school: SchoolId) -> Result<(), Error> {
        match self {
            Self::Postgres { .. } => {
                let _: (String,) = self.fetch_one(ENTER, [school.to_string().into()]).await?;
            }
            Self::Sqlite(..) => {}
        }
        Ok(())
    }

    /// Keeps what was done since the savepoint `facts`, and makes that anew: one message, one answer.
    pub(crate) async fn save_anew(&mut self) -> Result<(), Error> {
        const KEEP: &str = "RELEASE SAVEPOINT facts";
        const SAVE: &str = "SAVEPOINT facts";
        match self {
            Self::Postgres { tx, .. } => {
                let both = raw_sql("RELEASE SAVEPOINT facts; SAVEPOINT facts");
                in_time(both.execute(&mut **tx)).await?;
            }
            Self::Sqlite(..) => {
                self.execute(KEEP, []).await?;
                self.execute(SAVE, []).await?;
            }
        }
        Ok(())
    }

    /// One statement for all rows of a school, whose id is `$1`: on Postgres an array for each column, on SQLite once for
    /// each row.
    pub(crate) async fn write_rows(
        &mut self,
        sql: Sql,
        school: SchoolId,
        columns: &[Values<'_>],
        rows: usize,
    ) -> Result<(), Error> {
        match self {
            Self::Postgres { tx, prepared, .. } => {
                let mut arguments = PgArguments::default();
                arguments.add(school.0).map_err(Error::Encode)?;
                for column in columns {
                    let added = match column {
                        Values::Bool(values) => arguments.add(values),
                        Values::Bytes(values) => arguments.add(values),
                        Values::F64(values) => arguments.add(values),
                        Values::I64(values) => arguments.add(values),
                        Values::Json(values) => arguments.add(values),
                        Values::Text(values) => arguments.add(values),
                        Values::Uuid(values) => arguments.add(values),
                    };
                    added.map_err(Error::Encode)?;
                }
                let statement = query_with(sql.on_postgres(), arguments);
                in_time(statement.persistent(*prepared).execute(&mut **tx)).await?;
            }
            Self::Sqlite(..) => {
                for row in 0..rows {
                    let cells = columns.iter().map(|column| column.at(row));
                    self.execute(sql, std::iter::once(school.0.into()).chain(cells)).await?;
                }
            }
        }
        Ok(())
    }
}

impl<'v> Values<'v> {
    fn at(&self, row: usize) -> Value<'v> {
        match self {
            Self::Bool(values) => Value::Bool(values.get(row).copied().flatten()),
            Self::Bytes(values) => Value::Bytes(values.get(row).copied().flatten()),
            Self::F64(values) => Value::F64(values.get(row).copied().flatten()),
            Self::I64(values) => Value::I64(values.get(row).copied().flatten()),
            Self::Json(values) => {
                let json = values.get(row).and_then(Option::as_ref);
                Value::Json(json.map(|Json(raw)| Json((*raw).to_owned())))
            }
            Self::Text(values) => Value::Text(values.get(row).copied().flatten().map(Into::into)),
            Self::Uuid(values) => Value::Uuid(values.get(row).copied().flatten()),
        }
    }
}
