//! The settings of traces, under the names that OpenTelemetry specifies. An empty value counts as not set.

use std::time::Duration;

use coach_opentelemetry::{CollectorHeaders, CollectorUrl, Sampling, TraceSettings, pairs};

use super::{ConfigError, values, variables::Variables};

/// The defaults of the OpenTelemetry specification.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const DEFAULT_QUEUE: usize = 2048;

const MAX_MILLIS: i64 = 10 * 60 * 1000;
/// About 64 MiB of spans.
const MAX_QUEUE: i64 = 65_536;

const SERVICE_NAME: &str = "pm-interview-coach";

/// Reads the settings. Without an endpoint there are none, and the other variables are not read.
pub(super) fn read(variables: &Variables) -> Result<Option<TraceSettings>, ConfigError> {
    let own = optional(variables, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", CollectorUrl::exactly)?;
    let general = optional(variables, "OTEL_EXPORTER_OTLP_ENDPOINT", CollectorUrl::below)?;
    let is_disabled = optional(variables, "OTEL_SDK_DISABLED", values::boolean)?;
    let Some(collector) = own.or(general).filter(|_| is_disabled != Some(true)) else {
        return Ok(None);
    };
    if optional(variables, "OTEL_TRACES_EXPORTER", exporter)? == Some(Exporter::None) {
        return Ok(None);
    }
    either(variables, "PROTOCOL", |text| only(text, "http/protobuf"))?;
    either(variables, "COMPRESSION", |text| only(text, "none"))?;
    let ratio = optional(variables, "OTEL_TRACES_SAMPLER_ARG", ratio)?;
    let sampler = |text: &str| Sampling::parse(text, ratio);
    let queue = |text: &str| values::count(text, MAX_QUEUE);
    Ok(Some(TraceSettings {
        collector,
        headers: either(variables, "HEADERS", CollectorHeaders::parse)?.unwrap_or_default(),
        timeout: either(variables, "TIMEOUT", millis)?.unwrap_or(DEFAULT_TIMEOUT),
        sampling: optional(variables, "OTEL_TRACES_SAMPLER", sampler)?
            .unwrap_or(Sampling { parent_based: true, ratio: 1.0 }),
        resource: resource(variables)?,
        queue: optional(variables, "OTEL_BSP_MAX_QUEUE_SIZE", queue)?
            .map_or(DEFAULT_QUEUE, usize::from),
        interval: optional(variables, "OTEL_BSP_SCHEDULE_DELAY", millis)?
            .unwrap_or(DEFAULT_INTERVAL),
    }))
}

/// Warns if a key for the collector can be read on the network.
pub(super) fn clear_text_warning(settings: Option<&TraceSettings>) -> Option<String> {
    let settings = settings.filter(|settings| !settings.headers.is_empty())?;
    let warning = "OTEL_EXPORTER_OTLP_HEADERS are sent without encryption; use an https endpoint";
    settings.collector.is_clear_text_over_network().then(|| warning.to_owned())
}

/// Returns the attributes of this process. The last one of a name counts.
fn resource(variables: &Variables) -> Result<Vec<(String, String)>, ConfigError> {
    let attribute = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut attributes = vec![
        attribute("service.name", SERVICE_NAME),
        attribute("service.version", env!("CARGO_PKG_VERSION")),
    ];
    attributes.extend(optional(variables, "OTEL_RESOURCE_ATTRIBUTES", pairs)?.unwrap_or_default());
    let name = optional(variables, "OTEL_SERVICE_NAME", values::name)?;
    attributes.extend(name.map(|name| attribute("service.name", &name)));
    Ok(attributes)
}

/// Parses the variable for traces or, if it is not set, the one for all signals.
fn either<T>(
    variables: &Variables,
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    match optional(variables, &format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), &parse)? {
        Some(value) => Ok(Some(value)),
        None => optional(variables, &format!("OTEL_EXPORTER_OTLP_{name}"), &parse),
    }
}

/// Parses a variable. Errors do not show the value, because some of them are secret.
fn optional<T>(
    variables: &Variables,
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    let parse = |text: &str| match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some),
    };
    Ok(variables.parse_optional_secret(name, parse)?.flatten())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exporter {
    Otlp,
    None,
}

fn exporter(text: &str) -> Result<Exporter, String> {
    match text {
        "otlp" => Ok(Exporter::Otlp),
        "none" => Ok(Exporter::None),
        _ => Err("must be otlp or none".to_owned()),
    }
}

fn only(text: &str, supported: &str) -> Result<(), String> {
    if text == supported { Ok(()) } else { Err(format!("must be {supported}")) }
}

fn millis(text: &str) -> Result<Duration, String> {
    values::number(text, MAX_MILLIS).map(|millis| Duration::from_millis(millis.unsigned_abs()))
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

    fn read_pairs(pairs: &[(&str, &str)]) -> Result<Option<TraceSettings>, String> {
        read(&Variables::from_pairs(pairs)).map_err(|error| error.to_string())
    }

    fn settings(pairs: &[(&str, &str)]) -> TraceSettings {
        read_pairs(&[&[ENDPOINT][..], pairs].concat()).unwrap().unwrap()
    }

    #[test]
    fn without_an_endpoint_nothing_is_traced() {
        for pairs in [
            &[][..],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")],
            &[("OTEL_TRACES_SAMPLER", "unknown")],
            &[ENDPOINT, ("OTEL_SDK_DISABLED", "true")],
            &[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")],
        ] {
            assert!(read_pairs(pairs).unwrap().is_none(), "{pairs:?}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_specification() {
        let settings = settings(&[]);
        assert_eq!(settings.collector.to_string(), "http://collector:4318/v1/traces");
        assert_eq!(settings.sampling, Sampling { parent_based: true, ratio: 1.0 });
        assert_eq!(settings.timeout, Duration::from_secs(10));
        assert_eq!((settings.queue, settings.interval), (2048, Duration::from_secs(5)));
        assert!(settings.headers.is_empty());
        assert_eq!(settings.resource[0].1, "pm-interview-coach");
    }

    #[test]
    fn variable_for_traces_comes_before_the_one_for_all_signals() {
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://own/spans");
        assert_eq!(settings(&[own]).collector.to_string(), "https://own/spans");
        let general = ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
        assert_eq!(settings(&[general]).timeout, Duration::from_secs(1));
        let own = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2000");
        assert_eq!(settings(&[general, own]).timeout, Duration::from_secs(2));
    }

    #[test]
    fn service_has_the_name_that_comes_first_in_the_specification() {
        let name_of = |pairs: &[(&str, &str)]| {
            let resource = settings(pairs).resource;
            let name = resource.into_iter().rev().find(|(key, _)| key == "service.name");
            name.unwrap().1
        };
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=b%20c,deployment=test");
        assert_eq!(name_of(&[attributes]), "b c");
        assert_eq!(name_of(&[attributes, ("OTEL_SERVICE_NAME", "a")]), "a");
    }

    #[test]
    fn bad_values_are_named_without_the_value() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@collector"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_RESOURCE_ATTRIBUTES", "hunter2"),
            ("OTEL_TRACES_EXPORTER", "jaeger"),
            ("OTEL_TRACES_SAMPLER", "xray"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
            ("OTEL_SDK_DISABLED", "maybe"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ] {
            let mut pairs = vec![ENDPOINT];
            pairs.push((name, value));
            let error = read_pairs(&pairs).unwrap_err();
            assert!(error.starts_with(&format!("{name} must ")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    /// ASVS 16.2.5.
    #[test]
    fn key_for_the_collector_is_never_printed_and_its_clear_text_is_warned_about() {
        let key = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer hunter2");
        let settings = settings(&[key]);
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert!(clear_text_warning(Some(&settings)).is_some());
        let https = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector");
        let settings = read_pairs(&[key, https]).unwrap();
        assert_eq!(clear_text_warning(settings.as_ref()), None);
    }
}
