#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const SCHOOL: &str = "0198a000-0000-7000-8000-000000000001";
const LONG: &str = "a key that is long enough to be one";

fn config(text: &str) -> Config {
    toml::from_str(text).unwrap()
}

#[test]
fn a_key_comes_from_the_configuration_or_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{LONG}, in a file\n")).unwrap();
    let config = config(&format!(
        "api_keys = [{{ name = \"inline\", key = \"{LONG}\" }}, {{ name = \"file\", key_file = {path:?}, school = \"{SCHOOL}\" }}]\n\
         [auth]\ndefault_school = \"0198a000-0000-7000-8000-000000000002\"",
    ));
    config.check_api_keys().unwrap();
    let keys = config.api_keys().unwrap();
    assert_eq!(keys.school_of(LONG), Some((config.auth.default_school.unwrap(), "inline")));
    assert_eq!(keys.school_of(&format!("{LONG}, in a file")), Some((SCHOOL.parse().unwrap(), "file")));
    std::fs::write(&path, "short").unwrap();
    assert!(matches!(config.api_keys(), Err(ApiKeyError::Weak(name)) if name == "file"));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(config.api_keys(), Err(ApiKeyError::Unreadable { .. })));
}

#[test]
fn what_is_wrong_with_a_key_is_named() {
    let school = format!("school = \"{SCHOOL}\"");
    for (keys, wrong) in [
        (format!("{{ name = \"\", key = \"{LONG}\", {school} }}"), "name"),
        (
            format!(
                "{{ name = \"a\", key = \"{LONG}\", {school} }}, {{ name = \"a\", key_file = \"x\", {school} }}"
            ),
            "name",
        ),
        (format!("{{ name = \"a\", {school} }}"), "either key or key_file"),
        (
            format!("{{ name = \"a\", key = \"{LONG}\", key_file = \"x\", {school} }}"),
            "either key or key_file",
        ),
        (format!("{{ name = \"a\", key = \"{LONG}\" }}"), "auth.default_school"),
        (format!("{{ name = \"a\", key = \"short\", {school} }}"), "shorter than 32 bytes"),
    ] {
        let error = config(&format!("api_keys = [{keys}]")).check_api_keys().unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn one_key_cannot_be_two() {
    let keys = format!(
        "{{ name = \"a\", key = \"{LONG}\", school = \"{SCHOOL}\" }}, {{ name = \"b\", key = \"{LONG}\", school = \"{SCHOOL}\" }}"
    );
    assert!(matches!(config(&format!("api_keys = [{keys}]")).api_keys(), Err(ApiKeyError::Same(..))));
}

#[test]
fn a_short_key_is_taken_only_where_that_is_said() {
    let keys = format!("api_keys = [{{ name = \"a\", key = \"short\", school = \"{SCHOOL}\" }}]");
    assert!(matches!(config(&keys).api_keys(), Err(ApiKeyError::Weak(_))));
    let weak = config(&format!("{keys}\n[insecure]\nweak_secret = true"));
    weak.check_api_keys().unwrap();
    assert!(weak.api_keys().unwrap().school_of("short").is_some());
    let empty = config(&format!("{}\n[insecure]\nweak_secret = true", keys.replace("short", "")));
    assert!(matches!(empty.api_keys(), Err(ApiKeyError::Weak(_))), "no key is no key");
}
