use coach_core::{
    domain::{SessionId, UserId},
    ports::{
        AuthSessionRepository, MockAuthSessionRepository, MockUserRepository, RepositoryError,
        SaveUserError, UserRepository,
    },
};
use http::{HeaderMap, Method};
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SpanData};

use super::*;

/// Returns traces that keep every span that has ended.
fn traces(sampler: Sampler) -> (Traces, InMemorySpanExporter) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(sampler)
        .build();
    let (tracer, counts) = (provider.tracer("test"), Arc::default());
    (Traces { tracer, provider, counts, stop: CancellationToken::new() }, exporter)
}

async fn in_request<T>(traces: &Traces, work: impl Future<Output = T>) -> T {
    let request = RequestStart {
        method: &Method::GET,
        route: Some("/auth/me"),
        path: "/auth/me",
        scheme: "http",
        client: None,
        request_id: "1",
        headers: &HeaderMap::new(),
    };
    match traces.begin(&request) {
        Some(trace) => trace.run(work).await,
        None => work.await,
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.to_string())
}

fn broken_sessions(traces: &Traces) -> Arc<dyn AuthSessionRepository> {
    let mut sessions = MockAuthSessionRepository::new();
    sessions.expect_end_all().returning(|_| Err(RepositoryError::Unavailable("gone".into())));
    let sessions: Arc<dyn AuthSessionRepository> = Arc::new(sessions);
    traces.storage("sqlite", sessions)
}

#[tokio::test]
async fn failure_is_an_error_of_the_call_and_of_the_request() {
    let (traces, exporter) = traces(Sampler::AlwaysOn);
    let sessions = broken_sessions(&traces);
    in_request(&traces, async {
        assert!(sessions.end_all(UserId(1)).await.is_err());
        answered(503);
    })
    .await;
    let spans = exporter.get_finished_spans().unwrap();
    let [call, request] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!(call.name, "AuthSessionRepository.end_all");
    assert_eq!(attribute(call, "error.type").as_deref(), Some("unavailable"));
    assert_eq!(call.parent_span_id, request.span_context.span_id());
    assert_eq!(request.name, "GET /auth/me");
    assert_eq!(attribute(request, "error.type").as_deref(), Some("503"));
    for span in &spans {
        // The cause may name hosts and files.
        assert_eq!(span.status, Status::error(""));
        assert!(!format!("{span:?}").contains("gone"));
    }
}

#[tokio::test]
async fn answer_of_a_port_or_to_a_client_is_no_error() {
    let (traces, exporter) = traces(Sampler::AlwaysOn);
    let mut users = MockUserRepository::new();
    users.expect_update_profile().returning(|_, _| Err(SaveUserError::EmailTaken));
    let users: Arc<dyn UserRepository> = Arc::new(users);
    let users = traces.storage("postgresql", users);
    in_request(&traces, async {
        assert!(users.update_profile(UserId(1), Default::default()).await.is_err());
        answered(409);
    })
    .await;
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(attribute(&spans[0], "db.system.name").as_deref(), Some("postgresql"));
    for span in spans {
        assert_eq!((&span.status, attribute(&span, "error.type")), (&Status::Unset, None));
    }
}

#[tokio::test]
async fn work_outside_of_a_traced_request_has_no_span() {
    let (traces, exporter) = traces(Sampler::AlwaysOff);
    let sessions = broken_sessions(&traces);
    for traced in [false, true] {
        let work = async {
            let _ = sessions.end_all(UserId(1)).await;
            traces.password_work(Duration::ZERO, None);
            answered(500);
            assert_eq!(trace_id(), None);
        };
        if traced { in_request(&traces, work).await } else { work.await }
    }
    assert!(exporter.get_finished_spans().unwrap().is_empty());
}

#[tokio::test]
async fn password_that_was_refused_has_only_waited() {
    let (traces, exporter) = traces(Sampler::AlwaysOn);
    let second = Duration::from_secs(1);
    in_request(&traces, async { traces.password_work(second, None) }).await;
    in_request(&traces, async { traces.password_work(second, Some(2 * second)) }).await;
    let spans = exporter.get_finished_spans().unwrap();
    let seen = spans.iter().filter(|span| span.parent_span_id != SpanId::INVALID).map(|span| {
        let lasted = span.end_time.duration_since(span.start_time).unwrap();
        (&*span.name, lasted, attribute(span, "error.type"))
    });
    let expected = [
        ("wait for a hashing thread", second, Some("busy".to_owned())),
        ("wait for a hashing thread", second, None),
        ("hash a password", 2 * second, None),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
}

/// A request that is dropped, because its client has gone, has a span without a status code.
#[tokio::test]
async fn span_ends_with_a_dropped_request() {
    let (traces, exporter) = traces(Sampler::AlwaysOn);
    let request = in_request(&traces, std::future::pending::<()>());
    assert!(tokio::time::timeout(Duration::from_millis(1), request).await.is_err());
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(attribute(&spans[0], "http.response.status_code"), None);
}

#[tokio::test]
async fn calls_reach_the_decorated_port() {
    let (traces, _) = traces(Sampler::AlwaysOn);
    let mut sessions = MockAuthSessionRepository::new();
    sessions
        .expect_end()
        .returning(|user, id| Ok(user == UserId(7) && id == SessionId::from_random([7; 16])));
    let sessions: Arc<dyn AuthSessionRepository> = Arc::new(sessions);
    assert!(
        traces
            .storage("sqlite", sessions)
            .end(UserId(7), SessionId::from_random([7; 16]))
            .await
            .unwrap()
    );
}
