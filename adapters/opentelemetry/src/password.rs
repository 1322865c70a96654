use std::time::{Duration, SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanBuilder, Status, TraceContextExt, Tracer},
};

use crate::Traces;

impl Traces {
    /// Adds password work that has just ended to the current trace, if there is one: the wait for a thread, and the work
    /// unless it never began.
    pub fn password_work(&self, waited: Duration, worked: Option<Duration>) {
        if !Context::map_current(Context::has_active_span) {
            return;
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "the times of spans are no business of the core"
        )]
        let now = SystemTime::now();
        let begun = now - worked.unwrap_or_default();
        let mut wait = self.tracer.build(
            SpanBuilder::from_name("wait for a hashing thread").with_start_time(begun - waited),
        );
        if worked.is_none() {
            wait.set_attribute(KeyValue::new("error.type", "busy"));
            wait.set_status(Status::error(""));
        }
        wait.end_with_timestamp(begun);
        if worked.is_some() {
            let work = SpanBuilder::from_name("hash a password").with_start_time(begun);
            self.tracer.build(work).end_with_timestamp(now);
        }
    }
}
