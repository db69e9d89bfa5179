//! `schoolbell token`

use super::{Common, Failure, say};
use crate::auth::{Minter, Subject, load_or_generate};
use anyhow::Context as _;
use clap::Args;
use protocol::{
    ids::{PersonId, SchoolId},
    role::Role,
};
use realtime::{Clock as _, SystemClock};

/// Longest life of a development token: a year.
const MAX_TTL_S: u64 = 366 * 86_400;

/// Flags of `token`.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// Id of the person
    #[arg(long, value_name = "UUID")]
    sub: PersonId,
    /// student, teacher, admin, school_admin or super_admin
    #[arg(long, value_parser = role)]
    role: Role,
    /// Id of the school
    #[arg(long, value_name = "UUID")]
    school: SchoolId,
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// Name to show
    #[arg(long)]
    name: Option<String>,
    /// How long it holds: 90s, 15m, 12h, 7d
    #[arg(long, default_value = "12h", value_parser = seconds)]
    ttl: u64,
}

impl Token {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        let config = common.load()?;
        let secret = load_or_generate(&config.data_dir).context("no secret to sign with")?;
        let subject = Subject {
            person: self.sub,
            school: self.school,
            role: self.role,
            name: self.name,
            email: self.email,
        };
        let now_s = SystemClock::default().now_ms() / 1_000;
        say(&Minter::new(&secret).person(subject, now_s, self.ttl));
        Ok(())
    }
}

fn role(text: &str) -> Result<Role, String> {
    let parsed = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    parsed.map_err(|_| "choose one of student, teacher, admin, school_admin, super_admin".to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    let allowed = seconds.filter(|seconds| (1..=MAX_TTL_S).contains(seconds));
    allowed.ok_or_else(|| "give a time of up to a year, like 90s, 15m, 12h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_have_a_unit() {
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("15m"), Ok(900));
        assert_eq!(seconds("7d"), Ok(604_800));
        for wrong in ["", "0", "h", "-1h", "1y", "400d", "99999999999999999999d", "1ü"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_role_is_spelled_as_in_tokens() {
        assert_eq!(role("school_admin"), Ok(Role::SchoolAdmin));
        assert!(role("Teacher").is_err());
    }
}
