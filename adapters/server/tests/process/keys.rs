//! Generating keys, and rotating them by restarts.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use coach_tests::{Answer, PASSWORD};
use serde_json::{Value, json};

use crate::server::{RunningServer, run};

const FIRST: (&str, &str) = ("JWT_SECRET", "the first secret of thirty-four bytes");
const SECOND: (&str, &str) = ("JWT_SECRET", "the second secret of thirty-five bytes");
const EMAIL: &str = "test@example.com";

fn generate(directory: &Path, algorithm: &str, file: &str) {
    let arguments = ["keys", "generate", "--algorithm", algorithm, "--out", file];
    let output = run(directory, &[], &arguments);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

/// The tokens of a user.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        Self { access: answer.token(), refresh }
    }

    /// Returns whether the server accepts the access token and the refresh token.
    async fn are_accepted(&self, server: &RunningServer) -> (bool, bool) {
        let anonymous = &server.anonymous;
        let access = anonymous.with_token(&self.access).me().await.status == 200;
        let body = json!({ "refresh_token": self.refresh });
        (access, anonymous.post("/auth/refresh", body).await.status == 200)
    }
}

/// The configuration of a step, and the algorithms that the JWK set lists then.
type Step<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

async fn algorithms(server: &RunningServer) -> Vec<String> {
    let answer = server.anonymous.get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    for key in &keys {
        assert!(key["kid"].is_string() && key["d"].is_null() && key["k"].is_null(), "{key}");
    }
    keys.iter().map(|key: &Value| key["alg"].as_str().unwrap().to_owned()).collect()
}

/// ASVS 11.2.2, 13.3.4.
#[tokio::test]
async fn key_rotation_by_restarts_logs_no_user_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    generate(path, "EdDSA", "ed.pem");
    generate(path, "ES256", "es.pem");
    let old = ("JWT_PREVIOUS_SECRETS", FIRST.1);
    let both = format!("{},{}", SECOND.1, FIRST.1);
    let older = ("JWT_PREVIOUS_SECRETS", both.as_str());
    let ed = [("JWT_ALGORITHM", "EdDSA"), ("JWT_PRIVATE_KEY_FILE", "ed.pem"), older];
    let es = [
        ("JWT_ALGORITHM", "ES256"),
        ("JWT_PRIVATE_KEY_FILE", "es.pem"),
        ("JWT_PREVIOUS_KEY_FILES", "ed.pem"),
        older,
    ];
    let steps: [Step<'_>; 5] = [
        (&[FIRST], &[]),
        (&[SECOND, old], &[]),
        (&[("JWT_ALGORITHM", "HS512"), SECOND, older], &[]),
        (&ed, &["EdDSA"]),
        (&es, &["ES256", "EdDSA"]),
    ];
    let mut held: Vec<Tokens> = Vec::new();
    for (step, (environment, listed)) in steps.into_iter().enumerate() {
        let server = RunningServer::start(path, environment);
        assert_eq!(algorithms(&server).await, listed, "{step}");
        for tokens in &held {
            assert_eq!(tokens.are_accepted(&server).await, (true, true), "{step}");
        }
        let anonymous = &server.anonymous;
        let answer = match step {
            0 => anonymous.register(EMAIL).await,
            _ => anonymous.login(EMAIL, PASSWORD).await,
        };
        held = vec![Tokens::of(&answer)];
        assert_eq!(anonymous.with_token(&held[0].access).me().await.status, 200);
    }
    let without = RunningServer::start(path, &[FIRST]);
    assert_eq!(held[0].are_accepted(&without).await, (false, false));
}

#[tokio::test]
async fn replacing_the_generated_secret_causes_a_warning_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let server = RunningServer::start(path, &[]);
    let held = Tokens::of(&server.anonymous.register(EMAIL).await);
    let made = server.into_log().join("\n");
    for file in ["pm_interview_coach.db", "pm_interview_coach.db.jwt-secret"] {
        assert!(
            made.lines().any(|line| line.contains("created") && line.ends_with(file)),
            "{made}"
        );
    }

    generate(path, "EdDSA", "ed.pem");
    let ed = [("JWT_ALGORITHM", "EdDSA"), ("JWT_PRIVATE_KEY_FILE", "ed.pem")];
    let server = RunningServer::start(path, &ed);
    assert_eq!(held.are_accepted(&server).await, (false, false));
    let log = server.into_log();
    let warnings: Vec<_> = log.iter().filter(|line| line.contains("no longer accepted")).collect();
    assert_eq!(warnings.len(), 1, "{log:?}");
    assert!(warnings[0].contains("JWT_PREVIOUS_SECRETS") && warnings[0].contains(".jwt-secret"));
    assert!(!log.iter().any(|line| line.contains("created")), "{log:?}");

    let secret = fs::read_to_string(path.join("pm_interview_coach.db.jwt-secret")).unwrap();
    let kept = [ed[0], ed[1], ("JWT_PREVIOUS_SECRETS", secret.trim())];
    let server = RunningServer::start(path, &kept);
    assert_eq!(held.are_accepted(&server).await, (true, true));
    assert!(!server.into_log().iter().any(|line| line.contains("no longer accepted")));
}

#[tokio::test]
async fn tokens_are_pasetos_if_configured() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    generate(path, "EdDSA", "ed.pem");
    let paseto = ("TOKEN_FORMAT", "paseto");
    let key = [("JWT_ALGORITHM", "EdDSA"), ("JWT_PRIVATE_KEY_FILE", "ed.pem")];
    let public = [paseto, ("PASETO_PURPOSE", "public"), key[0], key[1]];
    let environments: [(&[(&str, &str)], &str); 3] =
        [(&[paseto], "v4.local."), (&[paseto, FIRST], "v4.local."), (&public, "v4.public.")];
    for (number, (environment, header)) in environments.into_iter().enumerate() {
        let server = RunningServer::start(path, environment);
        let answer = server.anonymous.register(&format!("{number}@example.com")).await;
        let tokens = Tokens::of(&answer);
        assert!(tokens.access.starts_with(header), "{}", tokens.access);
        assert_eq!(tokens.are_accepted(&server).await, (true, true));
        let persona = server.anonymous.with_token(&tokens.access);
        assert_eq!((persona.logout().await.status, persona.me().await.status), (204, 401));
    }
}

#[test]
fn generated_key_file_is_private_and_never_overwrites_another() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    generate(path, "ES256", "key.pem");
    let file = path.join("key.pem");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let made = fs::read_to_string(&file).unwrap();
    let again = run(path, &[], &["keys", "generate", "--out", "key.pem"]);
    assert_eq!((again.status.code(), again.stdout.as_slice()), (Some(1), &b""[..]));
    assert_eq!(fs::read_to_string(&file).unwrap(), made);

    let printed = run(path, &[("JWT_SECRET", "bad")], &["keys", "generate"]);
    let pem = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success() && pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let unknown = run(path, &[], &["keys", "generate", "--algorithm", "RS256"]);
    assert_eq!(unknown.status.code(), Some(2));
}
