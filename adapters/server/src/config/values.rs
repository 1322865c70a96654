//! Values of variables. Each function says what a good value is, as the rest of a sentence that the variable's name
//! begins.

use std::{fmt, net::IpAddr, path::Path};

use coach_diesel::DatabaseUrl;
use coach_tokens::{PrivateKey, SigningSecret};
use coach_zxcvbn::MinScore;
use url::{Host, Url};

use crate::secret_file;

/// Where the server listens.
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

/// What browsers call the server: a scheme, a host and perhaps a port.
#[derive(Debug, Clone)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// As browsers write it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
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

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "must be a number from 0 to 65535".to_owned())
}

/// An address or a name; an IPv6 address gets the brackets that a URL wants.
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

/// The present secret. It becomes an item of `JWT_PREVIOUS_SECRETS` one day, where a comma would split it.
pub(super) fn current_secret(text: &str) -> Result<SigningSecret, String> {
    if text.contains(',') {
        return Err("must not contain a comma, which separates former secrets".to_owned());
    }
    signing_secret(text)
}

/// A list separated by commas; an empty one has nothing in it.
pub(super) fn list<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(parse).collect()
}

/// The file's name is shown, and nothing that is in it.
pub(super) fn private_key(file: &str) -> Result<PrivateKey, String> {
    let pem =
        secret_file::read(Path::new(file)).map_err(|error| format!("names {file:?}, {error}"))?;
    PrivateKey::from_pem(&pem).map_err(|error| format!("names {file:?}, but {error}"))
}

pub(super) fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("must be a text without control characters".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn optional_name(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() { Ok(None) } else { name(text).map(Some) }
}

/// A cookie's name is a token (RFC 6265, section 4.1.1; RFC 9110, section 5.6.2). The prefixes that browsers check are not
/// for us to choose: they follow from `PUBLIC_URL`.
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

/// Where assets come from: an origin with a path at most, since it stands in a Content-Security-Policy. Empty is nowhere.
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

/// A JSON list, or a list separated by commas.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let rule = "must list exact origins such as https://app.example.com, and never *";
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
