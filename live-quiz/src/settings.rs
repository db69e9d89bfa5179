//! Ranges of a game's settings.

use protocol::quiz::GameSettings;

/// Why settings are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// `countdown_ms`
    #[error("choose a countdown between 0 and 30000 milliseconds")]
    Countdown,
    /// `max_players`
    #[error("choose between 1 and 20000 players at most")]
    MaxPlayers,
    /// `board_top`
    #[error("choose between 1 and 20 rows for the board")]
    BoardTop,
}

impl SettingsError {
    /// The field at fault.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Countdown => "countdown_ms",
            Self::MaxPlayers => "max_players",
            Self::BoardTop => "board_top",
        }
    }
}

/// Checks the ranges of `settings`.
///
/// # Errors
/// The first field that is out of its range.
pub fn check(settings: &GameSettings) -> Result<(), SettingsError> {
    if settings.countdown_ms > 30_000 {
        return Err(SettingsError::Countdown);
    }
    if !(1..=20_000).contains(&settings.max_players) {
        return Err(SettingsError::MaxPlayers);
    }
    if !(1..=20).contains(&settings.board_top) {
        return Err(SettingsError::BoardTop);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        assert_eq!(check(&GameSettings::default()), Ok(()));
        let with = |change: fn(&mut GameSettings)| {
            let mut settings = GameSettings::default();
            change(&mut settings);
            check(&settings).map_err(SettingsError::field)
        };
        assert_eq!(with(|s| s.countdown_ms = 30_001), Err("countdown_ms"));
        assert_eq!(with(|s| s.max_players = 0), Err("max_players"));
        assert_eq!(with(|s| s.max_players = 20_001), Err("max_players"));
        assert_eq!(with(|s| s.board_top = 21), Err("board_top"));
        assert_eq!(with(|s| s.board_top = 0), Err("board_top"));
    }
}
