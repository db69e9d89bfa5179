//! Tokens of subscriptions.

use super::*;
use protocol::Payload;
use realtime::SubscriptionOverrides;

const CHANNEL: &str = "$news:today";

fn identity() -> Identity {
    Identity { user: protocol::ids::UserId("42".to_owned()), ..Identity::anonymous(SCHOOL.parse().unwrap()) }
}

fn ticket() -> Value {
    json!({"sub": "42", "channel": CHANNEL, "schoolId": SCHOOL, "exp": NOW_S + 600})
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = ticket();
    claims[key] = value;
    claims
}

async fn ask(
    auth: &Auth,
    identity: &Identity,
    token: &str,
) -> Result<SubscriptionGrant, SubscriptionTokenError> {
    let channel = Channel::parse(CHANNEL).unwrap();
    auth.authorize_subscription(identity, ClientId::generate(), &channel, token).await
}

async fn verdict(claims: &Value) -> Result<SubscriptionGrant, SubscriptionTokenError> {
    ask(&usual(), &identity(), &shared_token(claims)).await
}

#[tokio::test]
async fn a_subscription_token_opens_its_channel_to_its_user() {
    let grant = verdict(&ticket()).await.unwrap();
    assert_eq!(grant, SubscriptionGrant { expires_at: Some(NOW_S + 600), ..SubscriptionGrant::default() });
    let mut rich = with("info", json!({"seat": 7}));
    rich["override"] = json!({"join_leave": {"value": true}, "force_positioning": {"value": true}});
    rich["expire_at"] = json!(0);
    let overrides = SubscriptionOverrides {
        join_leave: Some(true),
        force_positioning: Some(true),
        ..SubscriptionOverrides::default()
    };
    let info = Some(Payload::of(&json!({"seat": 7})));
    assert_eq!(verdict(&rich).await, Ok(SubscriptionGrant { expires_at: None, info, overrides }));
}

#[tokio::test]
async fn a_token_for_another_channel_user_school_or_client_is_a_mismatch() {
    for (key, value) in [
        ("channel", json!("$news:tomorrow")),
        ("channel", json!("$news:today ")),
        ("channel", json!("")),
        ("sub", json!("43")),
        ("sub", json!("")),
        ("sub", Value::Null),
        ("schoolId", json!("0198a000-0000-7000-8000-0000000000bb")),
        ("client", json!(ClientId::generate().to_string())),
        ("client", json!("somebody")),
    ] {
        let verdict = verdict(&with(key, value.clone())).await;
        assert_eq!(verdict, Err(SubscriptionTokenError::Mismatch), "{key} {value}");
    }
    assert!(verdict(&ticket()).await.is_ok());
}

#[tokio::test]
async fn a_token_may_be_bound_to_one_connection() {
    let (client, channel) = (ClientId::generate(), Channel::parse(CHANNEL).unwrap());
    let token = shared_token(&with("client", json!(client.to_string())));
    let (auth, identity) = (usual(), identity());
    assert!(auth.authorize_subscription(&identity, client, &channel, &token).await.is_ok());
    let other = auth.authorize_subscription(&identity, ClientId::generate(), &channel, &token).await;
    assert_eq!(other, Err(SubscriptionTokenError::Mismatch));
}

#[tokio::test]
async fn a_token_without_a_school_is_for_the_default_school() {
    let mut claims = ticket();
    claims.as_object_mut().unwrap().remove("schoolId");
    let token = shared_token(&claims);
    for (default_school, refused) in [
        (Some(SCHOOL), None),
        (Some("0198a000-0000-7000-8000-0000000000bb"), Some(SubscriptionTokenError::Mismatch)),
        (None, Some(SubscriptionTokenError::Invalid)),
    ] {
        let default_school = default_school.map(|school| school.parse().unwrap());
        let rules = Rules { default_school, ..Rules::default() };
        let auth = with_rules(vec![VerifyingKey::shared(SHARED, false).unwrap()], rules);
        assert_eq!(ask(&auth, &identity(), &token).await.err(), refused, "{default_school:?}");
    }
}

#[tokio::test]
async fn two_spellings_of_an_id_are_one_subscriber() {
    let person = Identity { user: protocol::ids::UserId(PERSON.to_owned()), ..identity() };
    let token = shared_token(&with("sub", json!(PERSON.to_uppercase())));
    assert!(ask(&usual(), &person, &token).await.is_ok());
}

#[tokio::test]
async fn an_anonymous_connection_takes_tokens_without_a_subject() {
    let nobody = Identity::anonymous(SCHOOL.parse().unwrap());
    for sub in [Value::Null, json!("")] {
        assert!(ask(&usual(), &nobody, &shared_token(&with("sub", sub))).await.is_ok());
    }
    assert_eq!(ask(&usual(), &nobody, &shared_token(&ticket())).await, Err(SubscriptionTokenError::Mismatch));
}

#[tokio::test]
async fn the_platform_opens_nothing_to_guests() {
    let (game, participant) = (GameId::generate(), ParticipantId::generate());
    let user = protocol::ids::UserId::guest(participant);
    let guest = Identity { user: user.clone(), game: Some(game), ..identity() };
    let token = shared_token(&with("sub", json!(user)));
    assert_eq!(ask(&usual(), &guest, &token).await, Err(SubscriptionTokenError::Invalid));
}

#[tokio::test]
async fn an_expired_token_says_so_whatever_else_it_is() {
    let over = json!(NOW_S - LEEWAY_S);
    assert_eq!(verdict(&with("exp", over.clone())).await, Err(SubscriptionTokenError::Expired));
    assert_eq!(verdict(&with("expire_at", over.clone())).await, Err(SubscriptionTokenError::Expired));
    let mut foreign = with("exp", over.clone());
    foreign["channel"] = json!("other");
    assert_eq!(verdict(&foreign).await, Err(SubscriptionTokenError::Expired));
    let mut kept = with("exp", over);
    kept["expire_at"] = json!(0);
    assert_eq!(verdict(&kept).await, Err(SubscriptionTokenError::Expired), "never is no way round the end");
}

#[tokio::test]
async fn a_malformed_or_endless_token_is_invalid() {
    let mut endless = ticket();
    endless.as_object_mut().unwrap().remove("exp");
    let mut unnamed = ticket();
    unnamed.as_object_mut().unwrap().remove("channel");
    for claims in [
        endless,
        unnamed,
        with("channel", json!(7)),
        with("client", json!(7)),
        with("schoolId", json!("*")),
        with("b64info", json!("%")),
        with("override", json!({"presence": 1})),
        with("nbf", json!(NOW_S + LEEWAY_S + 1)),
        with("sub", json!("4#2")),
        claims(),
    ] {
        assert_eq!(verdict(&claims).await, Err(SubscriptionTokenError::Invalid), "{claims}");
    }
}

#[tokio::test]
async fn a_forged_subscription_token_is_invalid() {
    let good = shared_token(&ticket());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let other = base64url(with("sub", json!("43")).to_string().as_bytes());
    let none = base64url(br#"{"alg":"none"}"#);
    let payload = base64url(ticket().to_string().as_bytes());
    let wrong_key = EncodingKey::from_secret(b"some other secret, long enough...");
    let strong = EncodingKey::from_secret(SHARED);
    let public = EncodingKey::from_secret(RSA_PUBLIC);
    let signed = |algorithm, key| jsonwebtoken::encode(&Header::new(algorithm), &ticket(), key).unwrap();
    for token in [
        format!("{header}.{other}.{signature}"),
        format!("{message}."),
        format!("{none}.{payload}."),
        spelled(r#"{"alg":"HS256","crit":["exp"]}"#, &ticket()),
        signed(Algorithm::HS256, &wrong_key),
        signed(Algorithm::HS256, &public),
        signed(Algorithm::HS512, &strong),
        String::new(),
        "x".repeat(MAX_TOKEN + 1),
    ] {
        let verdict = ask(&usual(), &identity(), &token).await;
        assert_eq!(verdict, Err(SubscriptionTokenError::Invalid), "{token:.60}");
    }
}

#[tokio::test]
async fn issuer_and_audience_count_for_subscriptions_too() {
    let rules = Rules {
        issuer: Some("https://platform.example".to_owned()),
        audience: Some("schoolbell".to_owned()),
        ..Rules::default()
    };
    let auth = with_rules(vec![VerifyingKey::shared(SHARED, false).unwrap()], rules);
    let mut good = with("iss", json!("https://platform.example"));
    assert_eq!(ask(&auth, &identity(), &shared_token(&good)).await, Err(SubscriptionTokenError::Invalid));
    good["aud"] = json!("schoolbell");
    assert!(ask(&auth, &identity(), &shared_token(&good)).await.is_ok());
}

#[tokio::test]
async fn a_subscription_token_of_our_own_is_good_and_opens_no_connection() {
    let (school, channel) = (SCHOOL.parse().unwrap(), Channel::parse(CHANNEL).unwrap());
    let token = Minter::new(LOCAL).subscription(identity().user, school, &channel, NOW_S, 60);
    assert_eq!(ask(&usual(), &identity(), &token).await.unwrap().expires_at, Some(NOW_S + 60));
    assert_eq!(usual().verify(&token).await, Err(TokenError::Invalid));
}
