//! Being let in, or told why not.

use super::*;

fn with_password() -> Server {
    Server::with(&ServerOptions { password: Some("s3cret/?@".to_owned()), ..ServerOptions::default() })
}

fn url_with(server: &Server, credentials: &str) -> RedisConfig {
    RedisConfig::new(format!("redis://{credentials}@127.0.0.1:{}", server.port()))
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_missing_one() {
    let server = with_password();
    for (credentials, word) in [(":wrong", "WRONGPASS"), ("nobody:s3cret", "WRONGPASS")] {
        let error = refusal(&url_with(&server, credentials)).await;
        assert!(matches!(&error, StartError::Refused(text) if text.contains(word)), "{error}");
        assert!(error.is_final());
        assert!(!error.to_string().contains("s3cret"));
    }
    let error = refusal(&RedisConfig::new(format!("redis://127.0.0.1:{}", server.port()))).await;
    assert!(matches!(&error, StartError::Refused(text) if text.contains("NOAUTH")), "{error}");
    let right = url_with(&server, ":s3cret%2F%3F%40");
    assert!(!format!("{right:?}").contains("s3cret"));
    set(&Redis::connect(&right).await.unwrap(), "k", "v").await.unwrap();
}

#[tokio::test]
async fn a_user_who_may_not_do_everything_is_refused_at_once() {
    let server = Server::single();
    server.cli(&["acl", "setuser", "reader", "on", ">pw", "~*", "&*", "+@all", "-@scripting"]);
    server.cli(&["acl", "setuser", "elsewhere", "on", ">pw", "~other:*", "&*", "+@all"]);
    server.cli(&["acl", "setuser", "silent", "on", ">pw", "~*", "resetchannels", "+@all"]);
    server.cli(&["acl", "setuser", "ours", "on", ">pw", "~sb:*", "&sb:*", "+@all"]);
    for user in ["reader", "elsewhere", "silent"] {
        let error = refusal(&url_with(&server, &format!("{user}:pw"))).await;
        assert!(matches!(error, StartError::Refused(_)), "{user}: {error}");
    }
    let redis = Redis::connect(&url_with(&server, "ours:pw")).await.unwrap();
    set(&redis, "k", "v").await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_not_taken_for_one() {
    let server = Server::single();
    let url = format!("redis-cluster://127.0.0.1:{}", server.port());
    let error = refusal(&RedisConfig::new(url)).await;
    assert!(matches!(error, StartError::Mode(_)) && error.is_final(), "{error}");
}

#[tokio::test]
async fn where_nothing_listens_another_try_is_worth_it() {
    let server = Server::single();
    server.kill();
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Unreachable(_)) && !error.is_final(), "{error}");
    server.restart();
    connect(&server).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let server = Server::single();
    server.stop();
    let error = refusal(&RedisConfig::new(server.url())).await;
    assert!(matches!(error, StartError::Unreachable(_)), "{error}");
}

/// A server with TLS besides, its URL for that, and the certificate that it can be trusted by.
fn with_tls() -> (Server, RedisConfig, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (key, certificate) = (file("key.pem"), file("certificate.pem"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=test",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=CA:FALSE",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    assert!(
        made.is_ok_and(|made| made.status.success()),
        "openssl does not run; install the Debian package openssl"
    );
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let args = [
        ("--tls-port", port.to_string()),
        ("--tls-key-file", key),
        ("--tls-cert-file", certificate.clone()),
        ("--tls-ca-cert-file", certificate),
        ("--tls-auth-clients", "no".to_owned()),
    ];
    let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    let server = Server::with(&ServerOptions { args, ..ServerOptions::default() });
    (server, RedisConfig::new(format!("rediss://127.0.0.1:{port}")), folder)
}

#[tokio::test]
async fn a_server_with_tls_is_trusted_by_its_certificate_alone() {
    let (server, config, folder) = with_tls();
    let trusting = RedisConfig { ca_file: Some(folder.path().join("certificate.pem")), ..config.clone() };
    let redis = Redis::connect(&trusting).await.unwrap();
    set(&redis, "k", "v").await.unwrap();
    let mut events = redis.events();
    redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await.unwrap();
    publish(&redis, &redis.key(Partition(1), "c"), "heard").await;
    assert_eq!(message(&mut events).await, "heard");
    let error = refusal(&config).await;
    assert!(matches!(&error, StartError::Refused(text) if text.contains("redis.ca_file")), "{error}");
    // TLS spoken to who does not.
    let plain = RedisConfig { url: server.url().replace("redis:", "rediss:"), ..trusting };
    let error = refusal(&plain).await;
    assert!(matches!(error, StartError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let config = RedisConfig::new("redis://127.0.0.1:1");
    for bad in [
        RedisConfig { partitions: 100, ..config.clone() },
        RedisConfig { prefix: String::new(), ..config.clone() },
        RedisConfig { prefix: "a{b}".to_owned(), ..config },
    ] {
        assert!(matches!(refusal(&bad).await, StartError::Address(_)), "{bad:?}");
    }
}
