//! Parsers for the values of variables. An error is the rest of a sentence that begins with the name of the variable.

use std::{fmt, net::IpAddr, num::NonZeroUsize, path::Path};

use coach_core::domain::EmailAddress;
use coach_diesel::DatabaseUrl;
use coach_http::SupportContact;
use coach_tokens::{PrivateKey, SigningSecret};
use coach_zxcvbn::MinScore;
use ipnet::IpNet;
use url::{Host, Url};

use crate::secret_file;

/// The host and port that the server listens on.
#[derive(Debug, Clone)]
pub struct ListenAddress {
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The URL of the server in browsers: scheme, host and optional port.
#[derive(Debug, Clone)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Returns the URL in the form of an `Origin` header.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Pretty,
    /// One JSON object a line.
    Json,
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be pretty or json".to_owned()),
    }
}

/// Parses a host and a port, or nothing. An IPv6 address is in brackets.
pub(super) fn listen_address(text: &str) -> Result<Option<ListenAddress>, String> {
    let rule = || "must be HOST:PORT, such as 127.0.0.1:9090, or empty".to_owned();
    if text.is_empty() {
        return Ok(None);
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(rule)?;
    let port = self::port(port).map_err(|_| rule())?;
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = self::host(address.unwrap_or(host)).map_err(|_| rule())?;
    Ok(Some(ListenAddress { host, port }))
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(super) fn number(text: &str, most: i64) -> Result<i64, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

/// Parses a number of connections or threads, or the length of a queue.
pub(super) fn count(text: &str, most: i64) -> Result<NonZeroUsize, String> {
    let count = number(text, most)?;
    Ok(usize::try_from(count).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN))
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "must be a number from 0 to 65535".to_owned())
}

/// Parses an IP address or a host name. Adds the brackets of an IPv6 address.
pub(super) fn host(text: &str) -> Result<String, String> {
    if let Ok(IpAddr::V6(address)) = text.parse() {
        return Ok(format!("[{address}]"));
    }
    let host = Host::parse(text).map_err(|_| "must be an IP address or a host name".to_owned())?;
    Ok(host.to_string())
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    let rule = || "must be a URL such as https://coach.example.com, without a path".to_owned();
    let url = Url::parse(text).map_err(|_| rule())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(PublicUrl(url)) } else { Err(rule()) }
}

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    text.parse().map_err(|error| format!("is not a database URL: {error}"))
}

pub(super) fn signing_secret(text: &str) -> Result<SigningSecret, String> {
    SigningSecret::new(text.into()).map_err(|error| error.to_string())
}

/// Parses the current secret. It must be usable in `JWT_PREVIOUS_SECRETS` later, where a comma would split it.
pub(super) fn current_secret(text: &str) -> Result<SigningSecret, String> {
    if text.contains(',') {
        return Err("must not contain a comma, because commas separate former secrets".to_owned());
    }
    signing_secret(text)
}

/// Parses a comma-separated list, which may be empty.
pub(super) fn list<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(parse).collect()
}

/// Parses a comma-separated list of IP addresses and CIDR ranges. Ignores the host bits of a range.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    list(text, |item| {
        let address = || item.parse::<IpAddr>().map(IpNet::from);
        let network = item.parse().or_else(|_| address());
        network.map(|network| network.trunc()).map_err(|_| {
            "must list IP addresses or CIDR ranges such as 10.0.0.0/8, separated by commas"
                .to_owned()
        })
    })
}

/// Reads a private key. Errors show the name of the file, but not its content.
pub(super) fn private_key(file: &str) -> Result<PrivateKey, String> {
    let pem =
        secret_file::read(Path::new(file)).map_err(|error| format!("names {file:?}, {error}"))?;
    PrivateKey::from_pem(&pem).map_err(|error| format!("names {file:?}, but {error}"))
}

pub(super) fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("must be a non-empty text without control characters".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn optional_name(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() { Ok(None) } else { name(text).map(Some) }
}

/// Parses the name of a cookie, a token (RFC 6265, section 4.1.1; RFC 9110, section 5.6.2). Prefixes such as `__Host-` are
/// refused, because they depend on `PUBLIC_URL`.
pub(super) fn cookie_name(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) || text.starts_with("__") {
        return Err(
            "must be a cookie name of letters, digits and _ or -, without a prefix such as __Host-"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Parses the URL of the CDN, or nothing. The URL becomes part of a Content-Security-Policy, so it must not contain separators.
pub(super) fn cdn_url(text: &str) -> Result<Option<Url>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.contains([';', ',', ' ', '*'])
    });
    url.map(Some).ok_or_else(|| "must be an http or https URL, or empty".to_owned())
}

pub(super) fn score(text: &str) -> Result<MinScore, String> {
    let score = text.parse().ok().and_then(MinScore::new);
    score.ok_or_else(|| "must be a whole number from 0 to 4".to_owned())
}

/// Parses a JSON list or a comma-separated list of origins.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let rule = "must list exact origins such as https://app.example.com, without wildcards";
    let listed: Vec<String> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|_| rule.to_owned())?
    } else {
        text.split(',')
            .map(|origin| origin.trim().to_owned())
            .filter(|origin| !origin.is_empty())
            .collect()
    };
    let is_exact = |origin: &String| {
        !origin.contains('*')
            && Url::parse(origin).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.origin().ascii_serialization() == *origin
            })
    };
    if listed.iter().all(is_exact) { Ok(listed) } else { Err(rule.to_owned()) }
}

/// Parses whom people ask when they cannot sign in: a name, an email address or an https URL.
pub(super) fn support_contact(text: &str) -> Result<SupportContact, String> {
    let text = text.trim();
    let rule = "must be a name, an email address or an https URL, at most 200 characters";
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(rule.to_owned());
    }
    Ok(match (text, Url::parse(text)) {
        ("", _) => SupportContact::Operator,
        (_, Ok(url)) if url.scheme() == "https" && !has_credentials(&url) => {
            SupportContact::Page(url.into())
        }
        // Another scheme would be no link that everyone can open, and no name either.
        (_, Ok(url)) if url.has_host() => return Err(rule.to_owned()),
        _ if EmailAddress::parse(text).is_ok() => SupportContact::Email(text.to_owned()),
        _ => SupportContact::Name(text.to_owned()),
    })
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
