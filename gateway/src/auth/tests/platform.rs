//! What platforms may leave out of a connection's token, and what they may put in.

use super::*;
use protocol::Payload;
use realtime::SubscriptionOverrides;

const DEFAULT_SCHOOL: &str = "0198a000-0000-7000-8000-0000000000bb";

/// As [`usual`], under rules that allow more.
fn lenient(allow: impl FnOnce(&mut Rules)) -> Auth {
    let mut rules = Rules { leeway_s: LEEWAY_S, max_subscriptions: 3, ..Rules::default() };
    allow(&mut rules);
    with_rules(vec![VerifyingKey::local(LOCAL), VerifyingKey::shared(SHARED, false).unwrap()], rules)
}

fn without(keys: &[&str]) -> Value {
    let mut claims = claims();
    for key in keys {
        claims.as_object_mut().unwrap().remove(*key).unwrap();
    }
    claims
}

async fn verdict(auth: &Auth, claims: &Value) -> Result<Identity, TokenError> {
    auth.verify(&shared_token(claims)).await
}

fn base64(text: &str) -> String {
    let mut text = base64url(text.as_bytes()).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[tokio::test]
async fn a_subject_may_be_any_name_that_channels_can_hold() {
    for name in ["42", "ada", "ada@school.example", "a b", "user:7", "~", &"x".repeat(128)] {
        let identity = verdict(&usual(), &with("sub", json!(name))).await.unwrap();
        assert_eq!((identity.user.as_str(), identity.person), (name, None), "{name}");
        assert!(!identity.is_guest() && !identity.is_anonymous());
    }
    for name in [
        "a#b",
        "a,b",
        "#",
        "guest:1",
        &format!("guest:{PERSON}"),
        "schön",
        "a\nb",
        "\u{7f}",
        &"x".repeat(129),
    ] {
        assert_eq!(verdict(&usual(), &with("sub", json!(name))).await, Err(TokenError::Invalid), "{name:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_subject_is_anonymous_where_that_is_allowed() {
    let open = lenient(|rules| rules.anonymous = true);
    let mut nobody = with("sub", json!(""));
    nobody["role"] = json!("student");
    let mut absent = without(&["sub"]);
    absent["role"] = json!("student");
    for claims in [nobody, absent] {
        assert_eq!(verdict(&usual(), &claims).await, Err(TokenError::Invalid));
        let identity = verdict(&open, &claims).await.unwrap();
        assert!(identity.is_anonymous() && identity.person.is_none());
        assert_eq!(identity.school, SCHOOL.parse().unwrap());
        let mut powerful = claims;
        powerful["role"] = json!("super_admin");
        assert_eq!(verdict(&open, &powerful).await, Err(TokenError::Invalid), "nobody is an admin");
    }
}

#[tokio::test]
async fn school_and_role_may_be_absent_where_there_is_a_default_school() {
    let default_school: SchoolId = DEFAULT_SCHOOL.parse().unwrap();
    let auth = lenient(|rules| rules.default_school = Some(default_school));
    let identity = verdict(&auth, &without(&["schoolId", "role"])).await.unwrap();
    assert_eq!((identity.school, identity.role), (default_school, Role::Student));
    let elsewhere = verdict(&auth, &without(&["role"])).await.unwrap();
    assert_eq!((elsewhere.school, elsewhere.role), (SCHOOL.parse().unwrap(), Role::Student));
    for absent in ["schoolId", "role"] {
        assert_eq!(verdict(&usual(), &without(&[absent])).await, Err(TokenError::Invalid), "{absent}");
    }
    let mut unreadable = claims();
    unreadable["schoolId"] = json!("");
    assert_eq!(
        verdict(&auth, &unreadable).await,
        Err(TokenError::Invalid),
        "present but wrong is not absent"
    );
}

#[tokio::test]
async fn a_token_without_an_end_is_good_only_where_that_is_allowed() {
    let auth = lenient(|rules| rules.tokens_without_expiry = true);
    assert_eq!(verdict(&auth, &without(&["exp"])).await.unwrap().expires_at, None);
    let over = with("exp", json!(NOW_S - LEEWAY_S));
    assert_eq!(verdict(&auth, &over).await, Err(TokenError::Expired), "an end that is there counts");
    assert_eq!(verdict(&lenient(|_| {}), &without(&["exp"])).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn expire_at_decides_when_the_connection_ends_and_exp_when_the_token_does() {
    for (expire_at, expected) in [
        (json!(NOW_S + 5), Ok(Some(NOW_S + 5))),
        (json!(NOW_S + 9_999), Ok(Some(NOW_S + 9_999))),
        (json!(0), Ok(None)),
        (Value::Null, Ok(Some(NOW_S + 600))),
        (json!(NOW_S - LEEWAY_S), Err(TokenError::Expired)),
        (json!(-1), Err(TokenError::Invalid)),
        (json!("0"), Err(TokenError::Invalid)),
    ] {
        let verdict = verdict(&usual(), &with("expire_at", expire_at.clone())).await;
        assert_eq!(verdict.map(|identity| identity.expires_at), expected, "{expire_at}");
    }
    let mut over = with("expire_at", json!(0));
    over["exp"] = json!(NOW_S - LEEWAY_S);
    assert_eq!(verdict(&usual(), &over).await, Err(TokenError::Expired));
    let mut endless = without(&["exp"]);
    endless["expire_at"] = json!(0);
    assert_eq!(verdict(&usual(), &endless).await, Err(TokenError::Invalid), "exp is asked for all the same");
}

#[tokio::test]
async fn a_subscription_token_opens_no_connection() {
    for channel in [json!("news:today"), json!(""), json!(7), json!({})] {
        assert_eq!(
            verdict(&usual(), &with("channel", channel.clone())).await,
            Err(TokenError::Invalid),
            "{channel}"
        );
    }
}

#[tokio::test]
async fn info_is_carried_as_json_or_as_base64_of_any_bytes() {
    let info = Payload::of(&json!({"seat": 7}));
    for (key, value) in [("info", json!({"seat": 7})), ("b64info", json!(base64(r#"{"seat":7}"#)))] {
        let identity = verdict(&usual(), &with(key, value)).await.unwrap();
        assert_eq!(identity.info(), Some(&info), "{key}");
    }
    let other = verdict(&usual(), &with("b64info", json!(base64("no json")))).await.unwrap();
    assert_eq!(other.info(), Some(&Payload::binary("no json".into())));
    for wrong in [json!("%"), json!("bm8ganNvbg"), json!("bm8ganNvbg=-"), json!(7)] {
        assert_eq!(
            verdict(&usual(), &with("b64info", wrong.clone())).await,
            Err(TokenError::Invalid),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn meta_is_not_read() {
    let identity = verdict(&usual(), &with("meta", json!({"role": "super_admin"}))).await.unwrap();
    assert_eq!((identity.role, identity.extras), (Role::Teacher, None));
}

#[tokio::test]
async fn subscriptions_come_from_both_claims_each_channel_once() {
    let mut claims = with("channels", json!(["news", "chat", "news"]));
    claims["subs"] = json!({
        "chat": {"b64info": base64("1"), "data": {"welcome": true}, "override": {
            "presence": {"value": false}, "force_push_join_leave": {"value": true}, "force_recovery": {}}},
        "$staff": {"info": {"seat": 1}, "b64data": base64("[2]")},
    });
    let identity = verdict(&lenient(|_| {}), &claims).await.unwrap();
    let [staff, chat, news] = identity.subs() else {
        unreachable!("three subscriptions, not {:?}", identity.subs());
    };
    assert_eq!(
        [&staff.channel, &chat.channel, &news.channel].map(Channel::as_str),
        ["$staff", "chat", "news"]
    );
    assert_eq!(staff.info, Some(Payload::of(&json!({"seat": 1}))));
    assert_eq!(staff.data, Some(Payload::of(&json!([2]))));
    assert_eq!(chat.info, Some(Payload::of(&1)));
    assert_eq!(chat.data, Some(Payload::of(&json!({"welcome": true}))));
    let overrides = SubscriptionOverrides {
        presence: Some(false),
        force_join_leave: Some(true),
        force_recovery: Some(false),
        ..SubscriptionOverrides::default()
    };
    assert_eq!(chat.overrides, overrides);
    assert_eq!((&news.info, &news.data, news.overrides), (&None, &None, SubscriptionOverrides::default()));
}

#[tokio::test]
async fn too_many_or_misnamed_subscriptions_make_the_token_invalid() {
    let auth = lenient(|_| {});
    assert_eq!(verdict(&auth, &with("channels", json!(["a", "b", "c"]))).await.unwrap().subs().len(), 3);
    let mut both = with("channels", json!(["a", "b"]));
    both["subs"] = json!({"c": {}, "d": {}});
    for claims in [
        with("channels", json!(["a", "b", "c", "d"])),
        both,
        with("channels", json!([""])),
        with("channels", json!(["schön"])),
        with("channels", json!(["x".repeat(256)])),
        with("channels", json!("a")),
        with("subs", json!({"": {}})),
        with("subs", json!({"a\nb": {}})),
        with("subs", json!({"a": {"b64data": "%"}})),
        with("subs", json!({"a": {"override": {"presence": true}}})),
        with("subs", json!(["a"])),
    ] {
        assert_eq!(verdict(&auth, &claims).await, Err(TokenError::Invalid), "{claims}");
    }
}
