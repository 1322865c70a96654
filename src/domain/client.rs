use std::net::IpAddr;

use super::text::visible;

/// The client that began a session, so that its user can recognise the session. Clients choose their own names, so no
/// decision depends on this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The name that the client sent.
    pub user_agent: Option<UserAgent>,
    /// The IP address of the client.
    pub ip: Option<IpAddr>,
}

/// The name of a client (`User-Agent`, RFC 9110, section 10.1.5), without invisible characters and not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Maximum length in Unicode code points. Browsers send about 120.
    pub const MAX_CHARACTERS: usize = 255;

    /// Reads a name, removes its invisible characters except spaces, and truncates it. Returns `None` if nothing is left.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let name: String = visible(text).take(Self::MAX_CHARACTERS).collect();
        let name = name.trim();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_cleaned_and_truncated_and_never_empty() {
        let read = |text: &str| UserAgent::read(text).map(|name| name.as_str().to_owned());
        assert_eq!(read(" curl/8.5.0 ").as_deref(), Some("curl/8.5.0"));
        assert_eq!(read("a\u{1b}[31m\r\nb").as_deref(), Some("a[31mb"));
        assert_eq!(read(&"é".repeat(300)), Some("é".repeat(255)));
        assert_eq!(read("\u{202e}lruc\u{2066}\u{200b}").as_deref(), Some("lruc"));
        assert_eq!(read(" \t\n\u{feff}"), None);
    }
}
