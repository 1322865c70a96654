use std::{fs, os::unix::fs::PermissionsExt};

use coach_tokens::{HmacAlgorithm, PrivateKey, PublicKeyAlgorithm};

use super::{keys::JwtKey, *};

fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
    Config::read(&Variables::from_pairs(variables)).map_err(|error| error.to_string())
}

/// ASVS 13.4.2.
#[test]
fn every_variable_has_a_default() {
    let config = read(&[]).unwrap();
    assert!(
        matches!(&config.database_url, DatabaseUrl::Sqlite(file) if file.ends_with("pm_interview_coach.db"))
    );
    assert_eq!(config.listen.to_string(), "127.0.0.1:8002");
    assert_eq!(config.public_url.origin(), "http://127.0.0.1:8002");
    assert!(config.auto_migrate && !config.debug);
    assert!(config.jwt_audience.is_none());
    let key = &config.jwt_keys.current;
    assert!(matches!(key, JwtKey::Secret(HmacAlgorithm::HS256, None)), "{key:?}");
    assert_eq!(config.jwt_issuer, "pm-interview-coach");
    assert_eq!(config.access_token_lifetime, TimeDelta::minutes(30));
    assert_eq!(config.session.max_age, TimeDelta::days(30));
    assert_eq!(config.session.idle_timeout, TimeDelta::days(7));
    assert_eq!(config.cors_origins, ["http://localhost:8002", "http://127.0.0.1:8002"]);
    assert_eq!(Some(config.password_min_score), MinScore::new(2));
    assert_eq!(config.hash_threads, thread::available_parallelism().unwrap());
    assert_eq!(config.hash_queue, 64);
}

#[test]
fn origins_are_a_json_list_or_a_comma_separated_list() {
    let expected = ["https://a.example", "http://b.example:8080"];
    for list in [
        r#"["https://a.example", "http://b.example:8080"]"#,
        "https://a.example, http://b.example:8080",
    ] {
        assert_eq!(read(&[("CORS_ORIGINS", list)]).unwrap().cors_origins, expected);
    }
    for none in ["", "[]"] {
        assert!(read(&[("CORS_ORIGINS", none)]).unwrap().cors_origins.is_empty());
    }
}

#[test]
fn trusted_proxies_are_addresses_or_ranges() {
    assert!(read(&[]).unwrap().trusted_proxies.is_empty());
    let list = "127.0.0.1, 10.1.2.3/8 ,::1,fd00::/8,";
    let proxies = read(&[("TRUSTED_PROXIES", list)]).unwrap().trusted_proxies;
    let expected = ["127.0.0.1/32", "10.0.0.0/8", "::1/128", "fd00::/8"];
    assert_eq!(proxies, expected.map(|network| network.parse().unwrap()));
}

#[test]
fn ipv6_host_gets_brackets() {
    assert_eq!(read(&[("HOST", "::1"), ("PORT", "0")]).unwrap().listen.to_string(), "[::1]:0");
}

#[test]
fn bad_value_gives_one_sentence_with_the_name_of_the_variable() {
    for (name, value) in [
        ("DATABASE_URL", "mysql://u:hunter2@db/coach"),
        ("DATABASE_URL", ""),
        ("AUTO_MIGRATE", "maybe"),
        ("HOST", ""),
        ("HOST", "not a host"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("PORT", ""),
        ("PUBLIC_URL", "coach.example.com"),
        ("PUBLIC_URL", "ftp://coach.example.com"),
        ("PUBLIC_URL", "https://coach.example.com/app"),
        ("PUBLIC_URL", "https://user:hunter2@coach.example.com"),
        ("JWT_SECRET", "hunter2"),
        ("JWT_SECRET", ""),
        ("JWT_SECRET", "hunter2,hunter2,hunter2,hunter2,hunter2"),
        ("JWT_SECRET", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (
            "JWT_PREVIOUS_SECRETS",
            "0123456789abcdef0123456789abcdef,00000000000000000000000000000000",
        ),
        ("JWT_ALGORITHM", "none"),
        ("JWT_ALGORITHM", "RS256"),
        ("JWT_PRIVATE_KEY_FILE", "/no/such/file"),
        ("JWT_PRIVATE_KEY_FILE", "Cargo.toml"),
        ("JWT_PRIVATE_KEY_FILE", "/dev/zero"),
        ("JWT_PRIVATE_KEY_FILE", "src"),
        ("JWT_PREVIOUS_SECRETS", "hunter2"),
        ("JWT_PREVIOUS_SECRETS", "0123456789abcdef0123456789abcdef,hunter2"),
        ("JWT_PREVIOUS_KEY_FILES", "Cargo.toml"),
        ("TOKEN_FORMAT", "PASETO"),
        ("PASETO_PURPOSE", "secret"),
        ("JWT_EXPIRES_MINUTES", "0"),
        ("JWT_EXPIRES_MINUTES", "1.5"),
        ("JWT_EXPIRES_MINUTES", "99999999999999999999"),
        ("JWT_ISSUER", ""),
        ("JWT_ISSUER", "a\nb"),
        ("SESSION_MAX_AGE", "-5"),
        ("SESSION_MAX_AGE", "30d"),
        ("SESSION_IDLE_TIMEOUT", "0"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", r#"["*"]"#),
        ("CORS_ORIGINS", "https://a.example/"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://A.example"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", r#"["https://a.example""#),
        ("CORS_ORIGINS", r#"[1]"#),
        ("CORS_ORIGINS", "http://*.example"),
        ("SESSION_COOKIE_NAME", ""),
        ("SESSION_COOKIE_NAME", "a b"),
        ("SESSION_COOKIE_NAME", "a;b"),
        ("SESSION_COOKIE_NAME", "__Host-sid"),
        ("CDN_URL", "foo"),
        ("CDN_URL", "https://x; script-src *"),
        ("CDN_URL", "https://u:hunter2@x"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.1:80"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "[::1]"),
        ("TRUSTED_PROXIES", "127.0.0.1 10.0.0.1"),
        ("PASSWORD_MIN_SCORE", "5"),
        ("PASSWORD_MIN_SCORE", "high"),
        ("HASH_THREADS", "0"),
        ("HASH_THREADS", "1025"),
        ("HASH_THREADS", "all"),
        ("HASH_QUEUE", "0"),
        ("HASH_QUEUE", "-1"),
        ("HASH_QUEUE", "1025"),
        ("METRICS_LISTEN", "9090"),
        ("METRICS_LISTEN", ":9090"),
        ("METRICS_LISTEN", "127.0.0.1"),
        ("METRICS_LISTEN", "127.0.0.1:x"),
        ("METRICS_LISTEN", "http://127.0.0.1:9090"),
        ("LOG_FORMAT", "JSON"),
        ("LOG_FORMAT", ""),
        ("AUDIT_RETENTION_DAYS", "0"),
        ("AUDIT_RETENTION_DAYS", "3651"),
        ("AUDIT_RETENTION_DAYS", "1y"),
        ("SUPPORT_CONTACT", "http://help.example.com"),
        ("SUPPORT_CONTACT", "https://u:hunter2@help.example.com"),
        ("SUPPORT_CONTACT", "a\nb"),
        ("DEBUG", "verbose"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name} ")) && error.ends_with('.'), "{error}");
        assert!(!error.contains('\n') && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn every_bad_value_is_diagnosed() {
    let diagnose = |variables: &[(&str, &str)]| {
        let (config, errors) = Config::diagnose_variables(Variables::from_pairs(variables));
        let names: Vec<_> = errors.iter().map(|error| error.variable().to_owned()).collect();
        (config.is_some(), names)
    };
    assert_eq!(diagnose(&[("JWT_ISSUER", "x")]), (true, vec![]));
    let (is_usable, mut names) =
        diagnose(&[("PORT", "x"), ("DEBUG", "x"), ("JWT_SECRET", "x"), ("HASH_QUEUE", "0")]);
    names.sort();
    assert_eq!((is_usable, names.join(" ").as_str()), (true, "DEBUG HASH_QUEUE JWT_SECRET PORT"));
    // The variable of this error is not set.
    let missing = diagnose(&[("JWT_ALGORITHM", "EdDSA")]);
    assert_eq!(missing, (false, vec!["JWT_PRIVATE_KEY_FILE".to_owned()]));
}

#[test]
fn key_must_match_the_algorithm() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key.pem");
    let key = PrivateKey::generate(PublicKeyAlgorithm::ES256).unwrap();
    fs::write(&file, key.expose_pem()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.to_str().unwrap();
    let fits = [("JWT_ALGORITHM", "ES256"), ("JWT_PRIVATE_KEY_FILE", file)];
    let config = read(&fits).unwrap();
    assert!(matches!(config.jwt_keys.current, JwtKey::Private(_)));
    assert!(config.warnings.is_empty());
    let [warning] = &read(&[("JWT_PRIVATE_KEY_FILE", file)]).unwrap().warnings[..] else {
        panic!("one warning")
    };
    assert!(warning.starts_with("JWT_PRIVATE_KEY_FILE is not used"), "{warning}");
    let missing = read(&[("JWT_ALGORITHM", "EdDSA")]).unwrap_err();
    assert_eq!(missing, "JWT_PRIVATE_KEY_FILE must be set when JWT_ALGORITHM is EdDSA.");
    let other = [("JWT_ALGORITHM", "EdDSA"), ("JWT_PRIVATE_KEY_FILE", file)];
    let other = read(&other).unwrap_err();
    assert_eq!(other, "JWT_PRIVATE_KEY_FILE contains a key for ES256, but JWT_ALGORITHM is EdDSA.");
    let leftover = [fits[0], fits[1], ("JWT_SECRET", "0123456789abcdef0123456789abcdef")];
    let leftover = read(&leftover).unwrap_err();
    assert!(leftover.starts_with("JWT_SECRET must not be set when"), "{leftover}");
    assert!(leftover.contains("JWT_PREVIOUS_SECRETS"), "{leftover}");
    let public = [("TOKEN_FORMAT", "paseto"), ("PASETO_PURPOSE", "public")];
    for keys in [&fits[..], &[]] {
        let error = read(&[&public[..], keys].concat()).unwrap_err();
        assert_eq!(error, "PASETO_PURPOSE=public needs JWT_ALGORITHM=EdDSA.");
    }
    let secrets = format!("{}, {}", "ab".repeat(16), "bc".repeat(20));
    let both = [("JWT_PREVIOUS_SECRETS", &*secrets), ("JWT_PREVIOUS_KEY_FILES", file)];
    assert!(read(&both).is_ok());
}

#[test]
fn key_file_with_a_wide_mode_or_two_keys_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key.pem");
    let pem = PrivateKey::generate(PublicKeyAlgorithm::EdDSA).unwrap();
    let pem = pem.expose_pem();
    let name = file.to_str().unwrap().to_owned();
    for (content, mode, reason) in [
        (pem.to_owned(), 0o644, "mode 0644"),
        (pem.to_owned(), 0o440, "chmod 600"),
        (format!("{pem}{pem}"), 0o600, "more than one key"),
        ("x".repeat(70_000), 0o600, "plain file"),
    ] {
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for variable in ["JWT_PRIVATE_KEY_FILE", "JWT_PREVIOUS_KEY_FILES"] {
            let error = read(&[(variable, &name)]).unwrap_err();
            assert!(error.starts_with(variable) && error.contains(reason), "{error}");
            assert!(error.ends_with('.') && !error.contains("PRIVATE KEY"), "{error}");
        }
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn no_origin_is_listed_by_default_when_the_public_url_is_https() {
    let https = ("PUBLIC_URL", "https://coach.example.com");
    assert!(read(&[https]).unwrap().cors_origins.is_empty());
    let listed = read(&[https, ("CORS_ORIGINS", "https://app.example.com")]).unwrap();
    assert_eq!(listed.cors_origins, ["https://app.example.com"]);
}

#[test]
fn support_contact_is_a_name_an_address_or_a_page() {
    let contact = |text| read(&[("SUPPORT_CONTACT", text)]).unwrap().support_contact;
    assert_eq!(read(&[]).unwrap().support_contact, SupportContact::Operator);
    assert_eq!(contact(" "), SupportContact::Operator);
    for name in ["Ann", "the IT help desk, 555 0100", "Ann: room 3"] {
        assert_eq!(contact(name), SupportContact::Name(name.to_owned()));
    }
    let email = "help@example.com";
    assert_eq!(contact(email), SupportContact::Email(email.to_owned()));
    let page = "https://example.com/help?topic=coach";
    assert_eq!(contact(page), SupportContact::Page(page.to_owned()));
    let long = "x".repeat(201);
    assert!(read(&[("SUPPORT_CONTACT", &long)]).is_err());
}

#[test]
fn misspelled_variable_causes_a_warning() {
    for (name, known) in [
        ("JWT_SECRT", "JWT_SECRET"),
        ("JWT_SERCET", "JWT_SECRET"),
        ("jwt_secret", "JWT_SECRET"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("PROT", "PORT"),
        ("PASSWORD_MINSCORE", "PASSWORD_MIN_SCORE"),
    ] {
        let warnings = read(&[(name, "hunter2")]).unwrap().warnings;
        let expected = format!("{name} is not a known variable; did you mean {known}?");
        assert_eq!(warnings, [expected]);
    }
    for name in ["HOME", "HOSTNAME", "PATH", "LANG", "TERM", "SESSION_MANAGER", "X", "PWD"] {
        assert!(read(&[(name, "x")]).unwrap().warnings.is_empty(), "{name}");
    }
    assert!(read(&[("JWT_ISSUER", "x")]).unwrap().warnings.is_empty());
}

#[test]
fn unencrypted_connection_to_a_remote_postgres_causes_a_warning() {
    let warnings = |url| read(&[("DATABASE_URL", url)]).unwrap().warnings;
    let [warning] = &warnings("postgres://u:hunter2@db/coach")[..] else { panic!() };
    assert!(warning.contains("not encrypted") && !warning.contains("hunter2"), "{warning}");
    assert!(warnings("postgres://u:hunter2@127.0.0.1/coach").is_empty());
    assert!(warnings("postgres://u:hunter2@db/coach?sslrootcert=/ca.pem").is_empty());
}

#[test]
fn debug_output_shows_no_secret() {
    let secret = "hunter2-hunter2-hunter2-hunter2-hunter2";
    let url = format!("postgres://coach:{secret}@db/coach");
    let config = read(&[("JWT_SECRET", secret), ("DATABASE_URL", &url)]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
