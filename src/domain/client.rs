use std::net::IpAddr;

/// From where a session is used, so that its user recognises it. Nothing is decided by it: a client can say what it
/// likes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// What the client calls itself.
    pub user_agent: Option<UserAgent>,
    /// The address at the other end of the connection.
    pub ip: Option<IpAddr>,
}

/// What a client calls itself (RFC 9110, section 10.1.5), fit to be stored and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// In Unicode code points. Browsers' names have some 120.
    pub const MAX_CHARACTERS: usize = 255;

    /// Reads a name: without control characters, cut where it is too long. None if nothing is left.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let visible = text.chars().filter(|character| !character.is_control());
        let name: String = visible.take(Self::MAX_CHARACTERS).collect();
        let name = name.trim();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_and_cleaned_and_never_empty() {
        let read = |text: &str| UserAgent::read(text).map(|name| name.as_str().to_owned());
        assert_eq!(read(" curl/8.5.0 ").as_deref(), Some("curl/8.5.0"));
        assert_eq!(read("a\u{1b}[31m\r\nb").as_deref(), Some("a[31mb"));
        assert_eq!(read(&"é".repeat(300)), Some("é".repeat(255)));
        assert_eq!(read(" \t\n"), None);
    }
}
