//! INSERTs of many rows in few statements.

use std::fmt::Write as _;

/// Rows per statement, greatest first. A statement costs a hop to the connection's thread, so many rows go in one; but
/// binding `$n` searches the names of all parameters, so the cost of a statement grows with the square of them: rows of
/// 8 values went in twice as fast by 64 as by 256. Few fixed sizes keep the number of prepared statements small.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// One INSERT, written out for each of the sizes.
pub(crate) struct MultiRow {
    statements: [String; SIZES.len()],
}

impl MultiRow {
    /// From the statement up to and with `VALUES`. The `shared` first parameters are the same for all rows and bound
    /// once; the `own` ones behind them are bound row by row.
    pub(crate) fn new(head: &str, shared: usize, own: usize) -> Self {
        Self { statements: SIZES.map(|rows| statement(head, shared, own, rows)) }
    }

    /// With what follows the rows, such as `ON CONFLICT`.
    pub(crate) fn ending(self, tail: &str) -> Self {
        Self { statements: self.statements.map(|statement| format!("{statement} {tail}")) }
    }

    /// Cuts the rows into batches, each with its statement.
    pub(crate) fn batches<'s, 'r, T>(&'s self, rows: &'r [T]) -> impl Iterator<Item = (&'s str, &'r [T])> {
        let mut rest = rows;
        std::iter::from_fn(move || {
            let fit = SIZES.iter().position(|&size| size <= rest.len())?;
            let (batch, behind) = rest.split_at(SIZES[fit]);
            rest = behind;
            Some((self.statements[fit].as_str(), batch))
        })
    }
}

fn statement(head: &str, shared: usize, own: usize, rows: usize) -> String {
    let mut sql = head.to_owned();
    for row in 0..rows {
        let mut separator = if row == 0 { " (" } else { ", (" };
        let first = shared + row * own;
        for parameter in (1..=shared).chain(first + 1..=first + own) {
            #[expect(clippy::expect_used, reason = "a string takes all that is written to it")]
            write!(sql, "{separator}${parameter}").expect("a string");
            separator = ", ";
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_parameters_are_repeated_and_own_ones_counted_on() {
        let sql = statement("INSERT INTO t (a, b, c) VALUES", 1, 2, 2);
        assert_eq!(sql, "INSERT INTO t (a, b, c) VALUES ($1, $2, $3), ($1, $4, $5)");
    }

    #[test]
    fn every_row_is_in_one_batch_in_order() {
        let insert = MultiRow::new("INSERT INTO t (a) VALUES", 0, 1);
        let rows: Vec<usize> = (0..1_007).collect();
        let batches: Vec<&[usize]> = insert.batches(&rows).map(|(_, batch)| batch).collect();
        assert_eq!(batches.concat(), rows);
        assert_eq!(batches.len(), 15 + 2 + 3 + 3);
        assert!(insert.batches(&rows[..0]).next().is_none());
    }
}
