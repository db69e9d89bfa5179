#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::auth::VerifyingKey;
use protocol::Channel;
use realtime::{DeltaType, RecoveryMode};
use std::path::Path;

const SCHOOL: &str = "0198a000-0000-7000-8000-000000000001";

fn check(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

#[track_caller]
fn assert_refused(text: &str, words: &[&str]) {
    let error = check(text).unwrap_err();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

#[test]
fn connections_without_a_token_need_a_school() {
    for key in ["[client]\nanonymous", "[insecure]\nclients"] {
        assert_refused(&format!("{key} = true"), &["auth.default_school"]);
        let config = check(&format!("{key} = true\n[auth]\ndefault_school = \"{SCHOOL}\"")).unwrap();
        assert!(config.admits_anonymous());
        assert_eq!(config.realtime().anonymous_school, Some(SCHOOL.parse().unwrap()));
        assert_eq!(config.realtime().insecure, config.insecure.clients);
    }
    let closed = check(&format!("[auth]\ndefault_school = \"{SCHOOL}\"")).unwrap().realtime();
    assert_eq!((closed.anonymous_school, closed.insecure), (None, false));
}

#[test]
fn a_public_server_is_not_insecure() {
    let public = format!("public_url = \"https://school.example\"\n[auth]\ndefault_school = \"{SCHOOL}\"\n");
    check(&public).unwrap();
    for flag in ["clients", "weak_secret", "tokens_without_expiry"] {
        let key = format!("insecure.{flag}");
        assert_refused(&format!("{public}[insecure]\n{flag} = true"), &[&key, "public_url"]);
        check(&format!("{public}[insecure]\n{flag} = false")).unwrap();
    }
}

#[test]
fn every_safeguard_that_is_off_is_warned_of() {
    let dangers = |text: &str| -> Vec<&str> {
        let config: Config = toml::from_str(text).unwrap();
        config.insecure.dangers().map(|(key, _)| key).collect()
    };
    assert!(dangers("").is_empty());
    assert_eq!(
        dangers("[insecure]\nclients = true\nweak_secret = true\ntokens_without_expiry = true"),
        ["insecure.clients", "insecure.weak_secret", "insecure.tokens_without_expiry"]
    );
}

#[test]
fn the_personal_namespace_is_the_operators_to_configure() {
    for (name, channel) in [("user", "user:#ada"), ("me", "me:#ada"), ("", "#ada")] {
        let text = format!(
            "[client]\npersonal_namespace = \"{name}\"\n[namespaces.\"{name}\"]\nallow_publish = true"
        );
        let realtime = check(&text).unwrap().realtime();
        assert!(realtime.options(&Channel::parse(channel).unwrap()).unwrap().allow_publish, "{name:?}");
        let node = realtime::Node::embedded(realtime);
        let user = protocol::ids::UserId("ada".to_owned());
        assert_eq!(node.personal_channel(&user).unwrap().as_str(), channel);
        let nobody = protocol::ids::UserId(String::new());
        assert_eq!(node.personal_channel(&nobody), None, "anonymous users share no channel");
    }
    assert_refused("[client]\npersonal_namespace = \"quiz\"", &["client.personal_namespace", "owns"]);
    assert_refused("[client]\npersonal_namespace = \"a:b\"", &["client.personal_namespace"]);
}

#[test]
fn a_namespace_that_no_channel_can_have_is_refused() {
    let long = "n".repeat(65);
    for name in ["a:b", "a#b", "a,b", "$a", "a b", "schön", &long] {
        assert_refused(&format!("[namespaces.\"{name}\"]"), &["namespaces."]);
    }
    for name in ["quiz", "quiz-host", "class", "class-staff"] {
        assert_refused(&format!("[namespaces.{name}]"), &[name, "owns"]);
    }
    for name in ["", "news", "school-news_2", &"n".repeat(64)] {
        check(&format!("[namespaces.\"{name}\"]")).unwrap();
    }
}

#[test]
fn options_that_contradict_each_other_are_refused_by_name() {
    assert_refused(
        "[namespaces.news]\nforce_recovery = true",
        &["namespaces.news.force_recovery", "history_size"],
    );
    assert_refused("[namespaces.\"\"]\nforce_positioning = true", &["namespaces.\"\".force_positioning"]);
    assert_refused("[namespaces.news]\nhistory_size = 5", &["namespaces.news.history_ttl_s"]);
    assert_refused("[namespaces.news]\ndelta = \"xdelta\"", &["xdelta"]);
    assert_refused("[namespaces.news]\nrecovery_mode = \"all\"", &["all"]);
}

#[test]
fn messages_wait_for_at_most_a_second() {
    let config = check("[client]\nwrite_delay_ms = 1000").unwrap();
    assert_eq!(config.realtime().write_delay, std::time::Duration::from_secs(1));
    assert_refused("[client]\nwrite_delay_ms = 1001", &["client.write_delay_ms", "1000"]);
}

/// The file as an operator would start the server with it, and as run for suites that test tokens.
fn conformance(environment: &[(&str, &str)]) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/sdk-conformance.toml");
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let layers = crate::config::Layers {
        file: Some(file),
        environment: environment.collect(),
        ..crate::config::Layers::default()
    };
    layers.load(Path::new(".")).unwrap()
}

#[test]
fn the_example_for_sdk_suites_is_what_they_expect() {
    let config = conformance(&[]);
    assert_eq!(config.listen, "localhost:8000");
    let secret = config.auth.hs256_secret.as_ref().unwrap().reveal();
    assert_eq!(secret, "secret");
    assert!(VerifyingKey::shared(secret.as_bytes(), config.insecure.weak_secret).is_ok());
    assert_eq!(
        config.api_keys().unwrap().school_of("test-api-key").unwrap().0,
        config.auth.default_school.unwrap()
    );
    assert!(config.insecure.clients && config.insecure.tokens_without_expiry);
    let realtime = config.realtime();
    assert_eq!((realtime.anonymous_school, realtime.insecure), (config.auth.default_school, true));
    assert_eq!(realtime.personal_namespace, "");

    let of = |channel: &str| realtime.options(&Channel::parse(channel).unwrap()).unwrap();
    let plain = of("x");
    assert!(plain.allow_publish && plain.presence && plain.allow_presence && plain.allow_history);
    assert!(plain.join_leave && plain.force_join_leave && plain.force_recovery && plain.allow_tags_filter);
    assert_eq!((plain.history_size, plain.history_ttl_s), (100, 300));
    assert_eq!((plain.delta, plain.delta_publish), (DeltaType::Fossil, true));
    assert_eq!(of("#42"), plain, "the personal channel has no namespace");
    assert_eq!(of("recovery:x"), plain);
    assert_eq!(of("smallhistory:x").history_size, 2);
    assert!(of("smallhistory:x").force_recovery && of("smallhistory:x").allow_history);
    assert!(of("delta:x").delta_publish && of("delta:x").force_recovery);
    assert_eq!(of("cache:x").recovery_mode, RecoveryMode::Cache);
    assert!(of("filter:x").allow_tags_filter);
    assert!(of("optional:x").allow_recovery && !of("optional:x").force_recovery);
    assert_eq!(of("plain:x").history(), None);
}

#[test]
fn the_example_can_be_run_for_suites_that_test_tokens() {
    let config = conformance(&[("SCHOOLBELL_INSECURE__CLIENTS", "false")]);
    assert!(!config.admits_anonymous() && config.insecure.tokens_without_expiry);
    assert_eq!(config.realtime().anonymous_school, None);
}
