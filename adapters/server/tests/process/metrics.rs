use std::collections::BTreeMap;

use coach_tests::{PASSWORD, Persona};
use reqwest::Method;

use crate::server::{RunningServer, run};

/// Starts a server, and returns it with a client of its metrics.
fn start(environment: &[(&str, &str)]) -> (RunningServer, Persona, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let environment = [&[("METRICS_LISTEN", "127.0.0.1:0")][..], environment].concat();
    let server = RunningServer::start(directory.path(), &environment);
    let log = server.log();
    let address = log.iter().find_map(|line| line.split_once("metrics at ")).unwrap().1;
    let address = address.strip_suffix("/metrics").unwrap().to_owned();
    (server, Persona::anonymous(address), directory)
}

/// Returns the values by name and labels.
async fn figures(reader: &Persona) -> BTreeMap<String, f64> {
    let answer = reader.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.text.ends_with("# EOF\n"), "{}", answer.text);
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let figures = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    figures.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_events_and_hashes_are_counted() {
    let (server, reader, _directory) = start(&[]);
    let user = server.anonymous.registered("test@example.com").await;
    server.anonymous.login("test@example.com", "wrong").await;
    for _ in 0..3 {
        user.me().await;
    }
    let figures = figures(&reader).await;
    for (name, expected) in [
        (r#"http_requests_total{method="GET",route="/auth/me",status="200"}"#, 3.0),
        (r#"http_requests_total{method="POST",route="/auth/login",status="401"}"#, 1.0),
        (r#"http_request_duration_seconds_count{route="/auth/me"}"#, 3.0),
        (r#"auth_events_total{event="registered"}"#, 1.0),
        (r#"auth_events_total{event="login-failed"}"#, 1.0),
        ("hashes_total", 2.0),
        ("hash_queue_length", 0.0),
        ("log_lines_dropped_total", 0.0),
        ("audit_events_dropped_total", 0.0),
    ] {
        assert_eq!(figures.get(name), Some(&expected), "{name} in {figures:#?}");
    }
    for positive in ["connections_open", "hash_seconds_total", "process_resident_memory_bytes"] {
        assert!(figures[positive] > 0.0, "{positive}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_invent_labels() {
    let (server, reader, _directory) = start(&[]);
    let before = figures(&reader).await.len();
    for number in 0..20 {
        server.anonymous.get(&format!("/nowhere/{number}")).await;
        server.anonymous.get(&format!("/problems/{number}")).await;
        let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
        server.anonymous.request(method, "/auth/me").send().await.unwrap();
    }
    let after = figures(&reader).await;
    let requests = after.keys().filter(|name| name.starts_with("http_requests_total"));
    assert_eq!(
        requests.collect::<Vec<_>>(),
        [
            r#"http_requests_total{method="GET",route="/problems/:name",status="404"}"#,
            r#"http_requests_total{method="GET",route="none",status="404"}"#,
            r#"http_requests_total{method="other",route="/auth/me",status="405"}"#,
        ]
    );
    assert!(after.len() < before + 60);
}

/// ASVS 13.4.5.
#[tokio::test(flavor = "multi_thread")]
async fn listener_has_metrics_and_nothing_else() {
    let (server, reader, directory) = start(&[]);
    assert_eq!(server.anonymous.get("/metrics").await.status, 404);
    for path in ["/", "/healthz", "/auth/me", "/metrics/"] {
        assert_eq!(reader.get(path).await.status, 404, "{path}");
    }
    let answer = reader.request(Method::POST, "/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let text = reader.get("/metrics").await.text;
    assert!(!text.contains(PASSWORD) && !text.contains("test@example.com"));
    let taken = reader.base_url.strip_prefix("http://").unwrap();
    let second = run(directory.path(), &[("METRICS_LISTEN", taken)], &[]);
    let sentence = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{sentence}");
    assert!(
        sentence.contains(&format!("METRICS_LISTEN cannot be used: cannot listen on {taken}")),
        "{sentence}"
    );
    // No interface has this address (RFC 5737).
    let wrong = run(directory.path(), &[("METRICS_LISTEN", "192.0.2.1:9090")], &[]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

/// A selector of PromQL: the metric, and the labels in braces.
fn selectors(text: &str) -> Vec<(String, Vec<String>)> {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let found = text.match_indices("{job=\"pm-interview-coach\"").map(|(at, _)| {
        let name = text[..at].rsplit(|character| !is_of_name(character)).next().unwrap();
        let labels = text[at + 1..].split('}').next().unwrap().split(", ");
        let labels = labels.map(|label| label.split(['=', '!']).next().unwrap().to_owned());
        (name.to_owned(), labels.collect())
    });
    found.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_alerts_ask_only_for_what_is_exported() {
    let (server, reader, _directory) = start(&[]);
    server.anonymous.registered("test@example.com").await;
    let exported: Vec<_> = figures(&reader).await.into_keys().collect();
    let deploy = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");
    for file in ["grafana/dashboard.json", "prometheus/alerts.yml"] {
        let text = std::fs::read_to_string(format!("{deploy}/{file}")).unwrap();
        let selectors = selectors(&text.replace("\\\"", "\""));
        assert!(selectors.len() > 10, "{file}");
        // Prometheus adds the metric `up`, and the labels `job` and `instance`.
        for (name, labels) in selectors.iter().filter(|(name, _)| name != "up") {
            let mut of_name = exported.iter().filter(|figure| {
                figure
                    .strip_prefix(&**name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
            });
            let example =
                of_name.next().unwrap_or_else(|| panic!("{name} in {file}: {exported:#?}"));
            for label in labels.iter().filter(|label| !["job", "instance"].contains(&&***label)) {
                assert!(example.contains(&format!("{label}=\"")), "{label} of {name} in {file}");
            }
        }
    }
}
