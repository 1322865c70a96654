use coach_opentelemetry::{TraceSettings, probe};

use super::Finding;

const CHECK: &str = "traces";
const ADVICE: &str = "Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT and \
                      OTEL_EXPORTER_OTLP_HEADERS. The server works without it, and drops spans.";

/// Sends an empty batch to the collector, if there is one.
pub(super) async fn examine(settings: Option<&TraceSettings>) -> Option<Finding> {
    let settings = settings?;
    let collector = &settings.collector;
    Some(match probe(settings).await {
        Ok(()) => Finding::ok(CHECK, format!("The collector {collector} takes spans.")),
        Err(error) => {
            let found = format!("The collector {collector} does not take spans: {error}.");
            Finding::warning(CHECK, found, ADVICE)
        }
    })
}
