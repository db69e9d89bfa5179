#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(USUAL_FILE), file).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Layers { environment: environment.collect(), ..Layers::default() }.load(folder.path())
}

fn text_of(result: Result<Config, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn nothing_configured_gives_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Layers::default().load(folder.path()).unwrap(), Config::default());
}

#[test]
fn the_reference_equals_the_defaults() {
    let reference: Config = toml::from_str(REFERENCE).unwrap();
    assert_eq!(reference, Config::default());
}

#[test]
fn the_reference_names_every_key() {
    // Written out with every option present, the configuration has all keys that exist.
    let full: Config = Value::Table(EXAMPLES.clone()).try_into().unwrap();
    let written = Table::try_from(&full).unwrap();
    assert_eq!(paths(&written), paths(&EXAMPLES));
    assert!(full.database_url.is_some() && full.redis_url.is_some() && full.public_url.is_some());
    assert!(full.auth.hs256_secret.is_some() && full.auth.jwks_url.is_some() && full.auth.issuer.is_some());
    assert!(full.auth.public_keys[0].kid.is_some() && full.auth.audience.is_some());
    assert!(full.auth.hs256_secret_file.is_some() && full.auth.default_school.is_some());
    assert!(full.api_keys[0].key.is_some() && full.api_keys[0].school.is_some());
}

fn paths(table: &Table) -> Vec<String> {
    let mut paths = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => paths.extend(paths_below(key, inner)),
            _ => paths.push(key.clone()),
        }
    }
    paths.sort();
    paths
}

fn paths_below(key: &str, table: &Table) -> Vec<String> {
    paths(table).into_iter().map(|path| format!("{key}.{path}")).collect()
}

#[test]
fn the_environment_overrides_the_file_and_flags_override_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "listen = \"a:1\"\nshutdown_s = 1\n[limits]\nconnections = 1\n").unwrap();
    let layers = Layers {
        file: Some(file),
        environment: vec![
            ("SCHOOLBELL_LISTEN".to_owned(), "b:2".to_owned()),
            ("SCHOOLBELL_LIMITS__CONNECTIONS".to_owned(), "2".to_owned()),
            ("SCHOOLBELL_NAMESPACES__NEWS__ALLOW_SUBSCRIBE".to_owned(), "true".to_owned()),
        ],
        flags: vec![("--listen", &["listen"], "c:3".to_owned())],
    };
    let config = layers.load(folder.path()).unwrap();
    assert_eq!((config.listen.as_str(), config.limits.connections, config.shutdown_s), ("c:3", 2, 1));
    assert!(config.namespaces["news"].allow_subscribe);
}

#[test]
fn a_text_that_looks_like_a_number_stays_a_text() {
    let secret = "12345678901234567890123456789012";
    let config = load("", &[("SCHOOLBELL_AUTH__HS256_SECRET", secret)]).unwrap();
    assert_eq!(config.auth.hs256_secret.unwrap().reveal(), secret);
}

#[test]
fn lists_and_tables_come_from_the_environment_as_toml() {
    let config = load(
        "",
        &[
            ("SCHOOLBELL_TRUSTED_PROXIES", r#"["10.0.0.0/8"]"#),
            ("SCHOOLBELL_AUTH__PUBLIC_KEYS", r#"[{ file = "k.pem", algorithm = "RS256" }]"#),
            ("SCHOOLBELL_AUTH__DEFAULT_SCHOOL", "0198a000-0000-7000-8000-000000000001"),
            ("SCHOOLBELL_API_KEYS", r#"[{ name = "a", key_file = "api.key" }]"#),
            ("SCHOOLBELL_NAMESPACES____ALLOW_SUBSCRIBE", "true"),
        ],
    )
    .unwrap();
    assert!(config.trusts("10.2.3.4".parse().unwrap()));
    assert_eq!(config.auth.public_keys[0].algorithm, "RS256");
    assert_eq!(config.api_keys[0].name, "a");
    assert!(config.namespaces[""].allow_subscribe);
}

#[test]
fn an_unknown_key_is_named() {
    assert!(text_of(load("lisen = \"x\"", &[])).contains("lisen"));
    assert!(text_of(load("[limits]\nconections = 1", &[])).contains("conections"));
    assert!(text_of(load("[namespaces.news]\nhistroy_size = 1", &[])).contains("histroy_size"));
    let variable = "SCHOOLBELL_LIMITS__CONECTIONS";
    assert!(text_of(load("", &[(variable, "1")])).contains(variable));
    assert!(text_of(load("", &[("SCHOOLBELL_LIMITS", "1")])).contains("SCHOOLBELL_LIMITS"));
}

#[test]
fn a_wrong_value_names_its_variable() {
    for (variable, value) in [
        ("SCHOOLBELL_LIMITS__CONNECTIONS", "many"),
        ("SCHOOLBELL_LIMITS__CONNECTIONS", "1\nother = 2"),
        ("SCHOOLBELL_LIMITS__CONNECTIONS", "-1"),
        ("SCHOOLBELL_LOG__FORMAT", "xml"),
    ] {
        assert!(text_of(load("", &[(variable, value)])).starts_with(variable), "{variable}={value}");
    }
}

#[test]
fn variables_of_an_orchestrator_are_no_settings() {
    let config = load(
        "",
        &[
            ("SCHOOLBELL_PORT", "tcp://10.0.0.1:8000"),
            ("SCHOOLBELL_SERVICE_HOST", "10.0.0.1"),
            ("HOME", "/root"),
        ],
    );
    assert_eq!(config.unwrap(), Config::default());
}

#[test]
fn a_database_is_postgres_or_says_why_it_is_none() {
    let config = load("", &[("SCHOOLBELL_DATABASE_URL", "postgres://ada:hidden@db.example/bell")]).unwrap();
    assert!(!format!("{config:?} {:?} {}", config.database(), config.to_toml()).contains("hidden"));
    let refused = text_of(load("database_url = \"mysql://u:hidden@x/y\"", &[]));
    assert!(refused.contains("database_url") && refused.contains("postgres://"), "{refused}");
    assert!(!refused.contains("hidden"), "{refused}");
    let owner = "database_url = \"postgres://x/y\"\n[postgres]\nowner_url = \"x\"";
    assert!(text_of(load(owner, &[])).contains("postgres.owner_url"));
}

#[test]
fn what_cannot_work_is_refused() {
    for file in [
        "allowed_origins = [\"*\"]",
        "allowed_origins = [\"school.example\"]",
        "public_url = \"https://school.example/path\"",
        "[client]\nping_interval_s = 0",
        "[namespaces.quiz]\nallow_publish = true",
        "trusted_proxies = [\"10.0.0.0/40\"]",
        "[auth]\nhs256_secret = \"x\"\nhs256_secret_file = \"y\"",
    ] {
        assert!(load(file, &[]).is_err(), "{file}");
    }
}

#[test]
fn a_named_file_must_exist() {
    let layers = Layers { file: Some(PathBuf::from("/nowhere/x.toml")), ..Layers::default() };
    assert!(matches!(layers.load(Path::new(".")), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn secrets_are_masked_when_the_configuration_is_printed() {
    let secret = "a secret that is shared with the platform";
    let school = "0198a000-0000-7000-8000-000000000001";
    let file = format!(
        "[auth]\nhs256_secret = \"{secret}\"\ndefault_school = \"{school}\"\n\
         [[api_keys]]\nname = \"platform\"\nkey = \"{secret}, again\"",
    );
    let config = load(&file, &[]).unwrap();
    let printed = config.to_toml();
    assert!(printed.contains("hs256_secret = \"***\"") && printed.contains("key = \"***\""), "{printed}");
    assert!(!printed.contains(secret) && printed.contains("platform") && printed.contains(school));
    assert!(!format!("{config:?}").contains(secret));
}
