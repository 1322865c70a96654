use std::net::IpAddr;

use http::{HeaderMap, Method, header::USER_AGENT};
use opentelemetry::{
    Array, Context, KeyValue, StringValue, Value,
    context::FutureExt,
    trace::{SpanBuilder, SpanKind, Status, TraceContextExt, TraceId, Tracer},
};

use crate::{Traces, parent::parent};

/// Maximum length of an attribute that the client chooses. The queue must not fill the memory.
const MAX_BYTES: usize = 256;

/// A request whose headers have arrived.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "each field is an attribute of the span")]
pub struct RequestStart<'a> {
    pub method: &'a Method,
    /// The path in the table of routes, if the request has one of them.
    pub route: Option<&'static str>,
    pub path: &'a str,
    /// The scheme that browsers see, behind a proxy too.
    pub scheme: &'static str,
    pub client: Option<IpAddr>,
    pub request_id: &'a str,
    pub headers: &'a HeaderMap,
}

/// The span of a request. It ends when the request is answered or dropped.
pub struct RequestTrace(Context);

impl Traces {
    /// Begins the span of a request, unless the request is not sampled.
    #[must_use]
    pub fn begin(&self, request: &RequestStart<'_>) -> Option<RequestTrace> {
        let context = match parent(request.headers) {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        let span = SpanBuilder::from_name(name(request))
            .with_kind(SpanKind::Server)
            .with_attributes(attributes(request));
        let context = context.with_span(self.tracer.build_with_context(span, &context));
        let is_sampled = context.span().span_context().is_sampled();
        is_sampled.then_some(RequestTrace(context))
    }
}

impl RequestTrace {
    /// Runs the work on the request. Its spans are children of this one.
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        let result = work.with_context(self.0.clone()).await;
        self.0.span().end();
        result
    }
}

/// Notes the status of the response in the span of the current request, if there is one.
pub fn answered(status: u16) {
    Context::map_current(|context| {
        if !context.has_active_span() {
            return;
        }
        let span = context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
    });
}

/// Returns the id of the current trace, if there is one.
#[must_use]
pub fn trace_id() -> Option<TraceId> {
    Context::map_current(|context| {
        context.has_active_span().then(|| context.span().span_context().trace_id())
    })
}

/// Names the span after the method and the route, which are few. `HTTP` stands for methods that are not standardised.
fn name(request: &RequestStart<'_>) -> String {
    let method = known(request.method).unwrap_or("HTTP");
    match request.route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    }
}

fn known(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => return None,
    })
}

fn attributes(request: &RequestStart<'_>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(9);
    let mut add = |key: &'static str, value: Value| attributes.push(KeyValue::new(key, value));
    add("http.request.method", known(request.method).unwrap_or("_OTHER").into());
    add("url.scheme", request.scheme.into());
    add("url.path", cut(request.path).to_owned().into());
    if let Some(route) = request.route {
        add("http.route", route.into());
    }
    if let Some(client) = request.client {
        add("client.address", client.to_string().into());
    }
    if let Some(agent) = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        add("user_agent.original", cut(agent).to_owned().into());
    }
    // The conventions make every header a list.
    let id = StringValue::from(request.request_id.to_owned());
    add("http.response.header.x-request-id", Value::Array(Array::String(vec![id])));
    attributes
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}
