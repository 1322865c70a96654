//! The settings, and parsers for the values of the variables that OpenTelemetry specifies. An error is the rest of a sentence
//! that begins with the name of the variable.

use std::{fmt, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING},
};
use opentelemetry_sdk::trace::Sampler;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Where spans go, and which requests are traced.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The collector.
    pub collector: CollectorUrl,
    /// Further headers of each export, such as a key for the collector.
    pub headers: CollectorHeaders,
    /// How long one export may take, with its retries.
    pub timeout: Duration,
    /// Which requests are traced.
    pub sampling: Sampling,
    /// Attributes of this process, such as `service.name`.
    pub resource: Vec<(String, String)>,
    /// Maximum number of spans that wait for an export.
    pub queue: usize,
    /// The pause between exports. A batch of 512 spans does not wait for it.
    pub interval: Duration,
}

/// The URL that takes spans. It has no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(Url);

impl CollectorUrl {
    /// Parses the base URL for all signals. Spans go to `v1/traces` below it.
    ///
    /// # Errors
    ///
    /// Returns the rule that the text breaks.
    pub fn below(text: &str) -> Result<Self, String> {
        let Self(mut url) = Self::exactly(text)?;
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Parses the URL for spans alone.
    ///
    /// # Errors
    ///
    /// Returns the rule that the text breaks.
    pub fn exactly(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        url.map(Self).ok_or_else(|| {
            "must be an http or https URL such as http://127.0.0.1:4318, without credentials".into()
        })
    }

    /// Returns whether others on the network can read what is sent.
    #[must_use]
    pub fn is_clear_text_over_network(&self) -> bool {
        let is_local = match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        !self.is_https() && !is_local
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns the host as the resolver and TLS expect it, without brackets.
    pub(crate) fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// Returns the value of `Host`.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Headers for the collector. `Debug` shows no value, because most of them are keys.
#[derive(Debug, Clone, Default)]
pub struct CollectorHeaders(HeaderMap);

impl CollectorHeaders {
    /// Parses `name=value` pairs, separated by commas. A value may be percent-encoded.
    ///
    /// # Errors
    ///
    /// Returns the rule that the text breaks, without the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ours = [CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];
        let mut headers = HeaderMap::new();
        for (name, value) in pairs(text)? {
            let name = HeaderName::try_from(name).map_err(|_| "has a name that is not valid")?;
            if ours.contains(&name) {
                return Err(format!("must not contain {name}"));
            }
            let mut value =
                HeaderValue::try_from(value).map_err(|_| "has a value that is not valid")?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        Ok(Self(headers))
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn to_map(&self) -> HeaderMap {
        self.0.clone()
    }
}

/// Parses `key=value` pairs, separated by commas, and decodes the values.
///
/// # Errors
///
/// Returns the rule that the text breaks, without the text.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let rule = || "must list key=value pairs, separated by commas".to_owned();
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let parse = |item: &str| {
        let (key, value) = item.split_once('=').ok_or_else(rule)?;
        let key = Some(key.trim()).filter(|key| !key.is_empty()).ok_or_else(rule)?;
        let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| rule())?;
        Ok((key.to_owned(), value.into_owned()))
    };
    items.map(parse).collect()
}

/// Which requests are traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Whether the caller's decision counts, if its `traceparent` has one.
    pub parent_based: bool,
    /// The share of the other requests, from 0 to 1.
    pub ratio: f64,
}

impl Sampling {
    /// Parses the name of a sampler and its argument.
    ///
    /// # Errors
    ///
    /// Returns the rule that the name breaks.
    pub fn parse(name: &str, ratio: Option<f64>) -> Result<Self, String> {
        let (parent_based, kind) = match name.strip_prefix("parentbased_") {
            Some(kind) => (true, kind),
            None => (false, name),
        };
        let ratio = match kind {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => ratio.unwrap_or(1.0),
            _ => {
                return Err("must be always_on, always_off or traceidratio, or one of them after \
                            parentbased_"
                    .to_owned());
            }
        };
        Ok(Self { parent_based, ratio })
    }

    pub(crate) fn sampler(self) -> Sampler {
        let sampler = Sampler::TraceIdRatioBased(self.ratio);
        if self.parent_based { Sampler::ParentBased(Box::new(sampler)) } else { sampler }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_below_the_base_url_or_exactly_to_their_own() {
        for (base, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            ("https://otel.example/otlp", "https://otel.example/otlp/v1/traces"),
        ] {
            assert_eq!(CollectorUrl::below(base).unwrap().to_string(), expected);
        }
        let own = CollectorUrl::exactly("https://otel.example/spans").unwrap();
        assert_eq!(own.to_string(), "https://otel.example/spans");
    }

    #[test]
    fn url_without_host_or_with_more_than_a_path_is_refused() {
        for text in [
            "",
            "collector",
            "127.0.0.1:4318",
            "grpc://collector:4317",
            "http://",
            "http://user@collector",
            "http://user:hunter2@collector",
            "http://collector/?key=hunter2",
            "http://collector/#hunter2",
        ] {
            let rule = CollectorUrl::below(text).unwrap_err();
            assert!(rule.starts_with("must be an http or https URL"), "{text}");
        }
    }

    #[test]
    fn host_has_no_brackets_and_the_port_a_default() {
        let url = CollectorUrl::below("https://[::1]/").unwrap();
        assert_eq!((url.host(), url.port(), url.authority()), ("::1".to_owned(), 443, "[::1]"));
        assert_eq!(CollectorUrl::below("http://collector").unwrap().port(), 80);
    }

    #[test]
    fn only_the_network_can_be_listened_to() {
        for (text, expected) in [
            ("http://collector:4318", true),
            ("http://10.0.0.1:4318", true),
            ("https://collector", false),
            ("http://localhost:4318", false),
            ("http://127.0.0.1:4318", false),
            ("http://[::1]:4318", false),
        ] {
            assert_eq!(CollectorUrl::below(text).unwrap().is_clear_text_over_network(), expected);
        }
    }

    /// ASVS 16.2.5.
    #[test]
    fn headers_are_decoded_and_never_printed() {
        let headers = CollectorHeaders::parse("x-key = hunter2 ,authorization=Bearer%20hunter2==");
        let headers = headers.unwrap();
        assert_eq!(headers.0["x-key"], "hunter2");
        assert_eq!(headers.0["authorization"], "Bearer hunter2==");
        assert!(!format!("{headers:?}").contains("hunter2"));
        assert!(CollectorHeaders::parse("").unwrap().is_empty());
        for text in ["hunter2", "=hunter2", "a b=hunter2", "k=hunter2%00", "k=%ff", "Host=hunter2"]
        {
            assert!(!CollectorHeaders::parse(text).unwrap_err().contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn samplers_have_the_specified_names() {
        for (name, parent_based, ratio) in [
            ("always_on", false, 1.0),
            ("always_off", false, 0.0),
            ("traceidratio", false, 0.25),
            ("parentbased_always_on", true, 1.0),
            ("parentbased_always_off", true, 0.0),
            ("parentbased_traceidratio", true, 0.25),
        ] {
            let expected = Sampling { parent_based, ratio };
            assert_eq!(Sampling::parse(name, Some(0.25)), Ok(expected), "{name}");
        }
        assert!(Sampling::parse("parentbased_xray", None).is_err());
    }
}
