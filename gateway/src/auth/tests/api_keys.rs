//! Keys of the HTTP API.

use super::*;

fn key(name: &str, school: SchoolId, secret: &str) -> ApiKey {
    ApiKey { name: name.to_owned(), school, secret: secret.as_bytes().to_vec() }
}

#[test]
fn a_key_opens_its_school_and_no_other() {
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let keys = ApiKeys::new(vec![key("one", schools[0], "first key"), key("two", schools[1], "second key")]);
    assert_eq!(keys.school_of("first key"), Some((schools[0], "one")));
    assert_eq!(keys.school_of("second key"), Some((schools[1], "two")));
    for wrong in ["", "first", "first key ", "First key", "first kez", "first keysecond key", "\0"] {
        assert_eq!(keys.school_of(wrong), None, "{wrong:?}");
    }
    assert_eq!(ApiKeys::default().school_of(""), None);
}

#[test]
fn a_key_is_not_shown() {
    let keys = ApiKeys::new(vec![key("one", SchoolId::generate(), "first key")]);
    let shown = format!("{keys:?}");
    assert!(shown.contains("one") && !shown.contains("first") && !shown.contains("102, 105"), "{shown}");
}
