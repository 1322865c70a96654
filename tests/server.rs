#![allow(dead_code, reason = "each suite uses only some helpers")]
//! A server with the real adapters.

use std::{num::NonZeroUsize, sync::Arc};

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::services::{AuthService, Ports};
use coach_http::HttpSettings;
use coach_server::{OsRandom, SystemClock};
use coach_tests::{Persona, SETTINGS, TestAuditLog, http_settings, serve};
use coach_tokens::{
    HmacAlgorithm, HmacPracticeCursors, HmacRefreshTokens, JwtSettings, JwtTokens, KeyRing,
    SigningSecret,
};
use coach_zxcvbn::{MinScore, ZxcvbnPasswordStrength};

use crate::databases::Database;

/// Starts a server with the real adapters. Password hashing is cheaper than in production.
pub async fn server_on(database: &Database) -> Persona {
    server_with(database, TestAuditLog::default(), http_settings()).await
}

pub async fn server_with(
    database: &Database,
    audit_log: TestAuditLog,
    settings: HttpSettings,
) -> Persona {
    let repositories = database.open().await;
    let threads = NonZeroUsize::new(2).unwrap();
    let hashing = Argon2Settings {
        memory: 16,
        iterations: 1,
        parallelism: 1,
        queue: 512,
        ..Argon2Settings::recommended(threads)
    };
    let secret = SigningSecret::new((0..32).collect()).unwrap();
    let keys = KeyRing::hmac(&secret, HmacAlgorithm::HS256);
    let refresh_tokens = Arc::new(HmacRefreshTokens::new(&keys));
    let practice_cursors = Arc::new(HmacPracticeCursors::new(&keys));
    let tokens = JwtTokens::new(JwtSettings {
        keys: &keys,
        issuer: "pm-interview-coach".to_owned(),
        audience: None,
    });
    let tokens = Arc::new(tokens.unwrap());
    let ports = Ports {
        users: repositories.users,
        sessions: repositories.sessions,
        password_codes: repositories.password_codes,
        practice_sessions: repositories.practice_sessions,
        health: repositories.health,
        password_hasher: Arc::new(Argon2PasswordHasher::start(hashing).unwrap()),
        password_strength: Arc::new(ZxcvbnPasswordStrength::new(
            MinScore::new(2).unwrap(),
            threads,
            512,
        )),
        access_tokens: tokens,
        refresh_tokens,
        practice_cursors,
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        audit_log: Arc::new(audit_log),
        audit_trail: repositories.audit_trail,
    };
    serve(AuthService::new(ports, SETTINGS), settings).await
}
