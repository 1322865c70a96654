use std::time::{Duration, Instant};

use coach_tests::{Answer, PASSWORD, Persona};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    collector::{Collector, attributes},
    server::{RunningServer, run},
};

const EMAIL: &str = "test@example.com";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Starts a server that exports to a collector every hundredth of a second.
fn start(collector: &Collector, environment: &[(&str, &str)]) -> (RunningServer, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let ours =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "10")];
    let server = RunningServer::start(directory.path(), &[&ours[..], environment].concat());
    (server, directory)
}

/// Sends a login with the context of a caller.
async fn login_in_trace(anonymous: &Persona, flags: &str) -> Answer {
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    let login = anonymous.request(Method::POST, "/auth/login?token=in-the-query");
    let login = login.header("traceparent", format!("00-{TRACE}-{CALLER}-{flags}"));
    let login = login.header("tracestate", "vendor=1").header("user-agent", "a tracing client");
    Answer::of(login.header("x-request-id", "id-of-the-login").json(&credentials)).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn login_is_a_child_of_its_caller_with_children_where_time_goes() {
    let collector = Collector::answering(200);
    let (server, _directory) = start(&collector, &[("PUBLIC_URL", "https://coach.example.com")]);
    server.anonymous.registered(EMAIL).await;
    assert_eq!(login_in_trace(&server.anonymous, "01").await.status, 200);
    server.into_log();

    let spans = collector.spans();
    let [login] = named(&spans, "POST /auth/login")[..] else { panic!("{spans:#?}") };
    assert_eq!((hex(&login.trace_id), hex(&login.parent_span_id)), (TRACE.into(), CALLER.into()));
    assert_eq!((login.kind(), &*login.trace_state), (SpanKind::Server, "vendor=1"));
    let expected = [
        ("client.address", "127.0.0.1"),
        ("http.request.method", "POST"),
        ("http.response.header.x-request-id", "[id-of-the-login]"),
        ("http.response.status_code", "200"),
        ("http.route", "/auth/login"),
        ("url.path", "/auth/login"),
        ("url.scheme", "https"),
        ("user_agent.original", "a tracing client"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(attributes(&login.attributes).into_iter().collect::<Vec<_>>(), expected);

    let mut children: Vec<_> =
        spans.iter().filter(|span| span.parent_span_id == login.span_id).collect();
    children.sort_by_key(|span| span.start_time_unix_nano);
    let names: Vec<_> = children.iter().map(|span| &*span.name).collect();
    let expected = [
        "UserRepository.find_for_login",
        "wait for a hashing thread",
        "hash a password",
        "AuthSessionRepository.begin",
    ];
    assert_eq!(names, expected);
    for child in &children {
        assert_eq!(child.trace_id, login.trace_id);
        assert!(login.start_time_unix_nano <= child.start_time_unix_nano, "{child:#?}");
        assert!(child.end_time_unix_nano <= login.end_time_unix_nano, "{child:#?}");
    }
    let database = attributes(&children[0].attributes);
    assert_eq!(children[0].kind(), SpanKind::Client);
    assert_eq!(database["db.system.name"], "sqlite");
    assert_eq!(database["db.operation.name"], "find_for_login");
    let [_] = named(&spans, "PasswordStrength.check")[..] else { panic!("{spans:#?}") };
    let resource = collector.resource();
    assert_eq!(resource["service.name"], "pm-interview-coach");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(resource["telemetry.sdk.language"], "rust");
}

/// ASVS 16.2.5.
#[tokio::test(flavor = "multi_thread")]
async fn exported_bytes_hold_no_secret() {
    let collector = Collector::answering(200);
    let (server, _directory) = start(&collector, &[]);
    let user = server.anonymous.registered(EMAIL).await;
    let login = login_in_trace(&server.anonymous, "01").await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let form = server.anonymous.request(Method::POST, "/auth/login").form(&fields);
    let (_, cookie) = Answer::of(form).await.session_cookie().unwrap();
    server.anonymous.with_cookie(&cookie).visit("/account").await;
    user.me().await;
    let refresh = login.json()["refresh_token"].as_str().unwrap().to_owned();
    server.anonymous.post("/auth/refresh", json!({"refresh_token": refresh})).await;
    server.into_log();

    let sent = String::from_utf8_lossy(&collector.bytes()).into_owned();
    assert!(sent.contains("AuthSessionRepository.spend") && sent.contains("GET /account"));
    let access = login.token();
    for secret in
        [PASSWORD, EMAIL, "example.com", "in-the-query", "Bearer", &access, &refresh, &cookie]
    {
        assert!(!sent.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_few_and_chosen_by_the_server() {
    let collector = Collector::answering(200);
    let (server, _directory) = start(&collector, &[("TRUSTED_PROXIES", "127.0.0.1")]);
    let get = |path: &str| {
        let request = server.anonymous.request(Method::GET, path);
        request.header("x-forwarded-for", "192.0.2.7").header("traceparent", "malformed")
    };
    let long = format!("/{}", "x".repeat(1000));
    for path in ["/auth/sessions/secret", "/nowhere?secret=1", &long] {
        Answer::of(get(path)).await;
    }
    let method = Method::from_bytes(b"INVENTED").unwrap();
    Answer::of(server.anonymous.request(method, "/auth/me")).await;
    server.into_log();

    let spans = collector.spans();
    let requests = spans.iter().filter(|span| span.kind() == SpanKind::Server);
    let seen: Vec<_> = requests
        .map(|span| {
            assert!(span.parent_span_id.is_empty(), "{span:#?}");
            let attributes = attributes(&span.attributes);
            (
                span.name.clone(),
                attributes["url.path"].clone(),
                attributes["client.address"].clone(),
            )
        })
        .collect();
    let cut = &long[..256];
    let expected = [
        ("GET /auth/sessions/:id", "/auth/sessions/secret", "192.0.2.7"),
        ("GET", "/nowhere", "192.0.2.7"),
        ("GET", cut, "192.0.2.7"),
        ("HTTP /auth/me", "/auth/me", "127.0.0.1"),
    ];
    let expected = expected.map(|(name, path, client)| (name.into(), path.into(), client.into()));
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_of_the_caller_counts_and_the_log_names_the_trace() {
    let collector = Collector::answering(200);
    let (server, _directory) = start(&collector, &[("LOG_FORMAT", "json")]);
    server.anonymous.registered(EMAIL).await;
    for flags in ["00", "01"] {
        login_in_trace(&server.anonymous, flags).await;
    }
    let log = server.into_log();
    let spans = collector.spans();
    assert_eq!(named(&spans, "POST /auth/login").len(), 1, "{spans:#?}");
    let lines = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_logins: Vec<_> = lines.filter(|line| line["request_id"] == "id-of-the-login").collect();
    let traced: Vec<_> =
        of_logins.iter().map(|line| (&line["target"], line.get("trace_id"))).collect();
    let (auth, access, trace) = (json!("auth"), json!("access"), json!(TRACE));
    let expected = [(&auth, None), (&access, None), (&auth, Some(&trace)), (&access, Some(&trace))];
    assert_eq!(traced, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sampler_and_its_argument_decide_where_no_caller_has_decided() {
    let collector = Collector::answering(200);
    let sampler =
        [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let (server, _directory) = start(&collector, &sampler);
    server.anonymous.registered(EMAIL).await;
    login_in_trace(&server.anonymous, "01").await;
    server.into_log();
    let spans = collector.spans();
    assert!(!spans.is_empty() && spans.iter().all(|span| hex(&span.trace_id) == TRACE));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_for_the_collector_is_sent_and_not_logged() {
    let collector = Collector::answering(200);
    let (server, _directory) = start(
        &collector,
        &[("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hunter2%20key"), ("DEBUG", "true")],
    );
    server.anonymous.get("/healthz").await;
    let log = server.into_log().join("\n");
    assert!(!log.contains("hunter2"), "{log}");
    let heads = collector.heads();
    assert!(heads[0].starts_with("POST /v1/traces HTTP/1.1\r\n"), "{heads:?}");
    for header in ["x-key: hunter2 key\r\n", "content-type: application/x-protobuf\r\n"] {
        assert!(heads[0].contains(header), "{header} in {heads:?}");
    }
}

/// A collector that hangs must not hold up a request, the log or the end of the process.
#[tokio::test(flavor = "multi_thread")]
async fn silent_collector_changes_nothing_and_the_queue_is_bounded() {
    let collector = Collector::silent();
    let environment = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "5"),
        ("METRICS_LISTEN", "127.0.0.1:0"),
    ];
    let (mut server, _directory) = start(&collector, &environment);
    let user = server.anonymous.registered(EMAIL).await;
    assert_eq!(login_in_trace(&server.anonymous, "01").await.status, 200);
    // The first batch waits for its answer now, and everything after it is in the queue.
    while collector.heads().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        assert_eq!(user.me().await.status, 200);
    }
    let metrics = server.log().iter().find_map(|line| {
        let (_, address) = line.split_once("metrics at ")?;
        Some(address.strip_suffix("/metrics").unwrap().to_owned())
    });
    let figures = Persona::anonymous(metrics.unwrap()).get("/metrics").await.text;
    let figure = |name: &str| {
        let line = figures.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name}: {figures}")).parse::<f64>().unwrap()
    };
    assert_eq!(figure("trace_spans_waiting"), 5.0);
    assert!(figure("trace_spans_dropped_total") >= 15.0);
    assert_eq!(figure("trace_spans_exported_total"), 0.0);
    let begun = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    // Far from the 60 s that the export may take.
    assert!(begun.elapsed() < Duration::from_secs(30));
    while !server.log().iter().any(|line| line.contains("did not take the last spans")) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_or_unreachable_collector_is_logged_once_and_changes_nothing() {
    let (refusing, closed) = (Collector::answering(500), "http://127.0.0.1:1");
    for (endpoint, reason) in
        [(&*refusing.endpoint, "it answered 500"), (closed, "it cannot be reached")]
    {
        let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint);
        let timeout = ("OTEL_EXPORTER_OTLP_TIMEOUT", "100");
        let (server, _directory) = start(&refusing, &[endpoint, timeout]);
        let user = server.anonymous.registered(EMAIL).await;
        while !server.log().iter().any(|line| line.contains("spans lost")) {
            assert_eq!(user.me().await.status, 200);
        }
        for _ in 0..20 {
            assert_eq!(user.me().await.status, 200);
        }
        let log = server.into_log();
        let lost: Vec<_> = log.iter().filter(|line| line.contains("spans lost")).collect();
        assert_eq!(lost.len(), 1, "{lost:#?}");
        assert!(lost[0].contains(reason) && lost[0].contains(" WARN "), "{lost:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_asks_the_collector() {
    let directory = tempfile::tempdir().unwrap();
    let (taking, refusing) = (Collector::answering(200), Collector::answering(401));
    for (endpoint, found) in [
        (&*taking.endpoint, "takes spans"),
        (&*refusing.endpoint, "does not take spans: it answered 401 Unauthorized."),
        ("http://127.0.0.1:1", "does not take spans: it cannot be reached"),
    ] {
        let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
        let output = run(directory.path(), &environment, &["doctor", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = document["checks"].as_array().unwrap();
        let check = checks.iter().find(|finding| finding["check"] == "traces").unwrap();
        assert!(check["found"].as_str().unwrap().contains(found), "{check}");
    }
    assert!(taking.spans().is_empty());
}
