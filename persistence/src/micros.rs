//! Time as the database keeps it.

/// Microseconds since the epoch. Databases differ in what finer part of a time they keep, so all keep this number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// From milliseconds since the epoch, the unit of the wire.
    #[must_use]
    pub fn from_millis(millis: u64) -> Self {
        Self(i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000))
    }

    /// In milliseconds since the epoch, rounded down; 0 for times before it.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_come_back_and_extremes_stay_in_range() {
        assert_eq!(Micros::from_millis(1_790_000_000_123).as_millis(), 1_790_000_000_123);
        assert_eq!(Micros(1_999).as_millis(), 1);
        assert_eq!(Micros(-5_000).as_millis(), 0);
        assert_eq!(Micros::from_millis(u64::MAX), Micros(i64::MAX));
    }
}
