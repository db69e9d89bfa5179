//! `schoolbell token`

use super::{Common, Failure, say};
use crate::auth::{Minter, Subject, load_or_generate};
use anyhow::Context as _;
use clap::Args;
use protocol::{
    Channel,
    ids::{PersonId, SchoolId, UserId},
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
    #[arg(long, value_parser = role, required_unless_present = "channel")]
    role: Option<Role>,
    /// Id of the school
    #[arg(long, value_name = "UUID")]
    school: SchoolId,
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// Name to show
    #[arg(long)]
    name: Option<String>,
    /// Make a subscription token for this channel instead of a connection token
    #[arg(long, value_parser = channel, conflicts_with_all = ["role", "email", "name"])]
    channel: Option<Channel>,
    /// How long it holds: 90s, 15m, 12h, 7d
    #[arg(long, default_value = "12h", value_parser = seconds)]
    ttl: u64,
}

impl Token {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        let config = common.load()?;
        let secret = load_or_generate(&config.data_dir).context("no secret to sign with")?;
        let minter = Minter::new(&secret);
        let now_s = SystemClock::default().now_ms() / 1_000;
        say(&match self.channel {
            Some(channel) => {
                minter.subscription(UserId::person(self.sub), self.school, &channel, now_s, self.ttl)
            }
            None => {
                let subject = Subject {
                    person: self.sub,
                    school: self.school,
                    role: self.role.unwrap_or(Role::Student),
                    name: self.name,
                    email: self.email,
                };
                minter.person(subject, now_s, self.ttl)
            }
        });
        Ok(())
    }
}

fn role(text: &str) -> Result<Role, String> {
    let parsed = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    parsed.map_err(|_| "choose one of student, teacher, admin, school_admin, super_admin".to_owned())
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::parse(text).map_err(|error| error.to_string())
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

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        token: Token,
    }

    #[test]
    fn a_token_is_for_a_role_or_for_a_channel() {
        const ID: &str = "0198a000-0000-7000-8000-000000000001";
        for (flags, good) in [
            (&["--role", "teacher", "--name", "Ada"][..], true),
            (&["--channel", "$news:today"], true),
            (&[], false),
            (&["--channel", "$news:today", "--role", "teacher"], false),
            (&["--channel", "schön"], false),
        ] {
            let line = ["token", "--sub", ID, "--school", ID].iter().chain(flags);
            assert_eq!(<Line as clap::Parser>::try_parse_from(line).is_ok(), good, "{flags:?}");
        }
    }

    #[test]
    fn a_role_is_spelled_as_in_tokens() {
        assert_eq!(role("school_admin"), Ok(Role::SchoolAdmin));
        assert!(role("Teacher").is_err());
    }
}
