use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde::Serialize;
use url::Url;

/// A placeholder for this site while a path is resolved. The domain `invalid` is reserved (RFC 2606).
#[allow(clippy::expect_used, reason = "the text is a valid URL")]
static SITE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("http://site.invalid/").expect("the text is a valid URL"));

/// Clients and proxies limit the length of `Location`.
const MAX_BYTES: usize = 2048;

/// The page after a login. It is always on this site, so that links to the login page are not open redirects (ASVS 5.0,
/// 3.7.2; CWE-601).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LocalPath(String);

impl LocalPath {
    /// Resolves a path as a browser would. Falls back to `/` unless the path is certainly a page of this site, even if a proxy
    /// unescapes it.
    pub(crate) fn parse(text: &str, is_page: impl Fn(&str) -> bool) -> Self {
        Self::resolve(text, is_page).unwrap_or_else(|| Self("/".to_owned()))
    }

    fn resolve(text: &str, is_page: impl Fn(&str) -> bool) -> Option<Self> {
        let is_plain = text.starts_with('/')
            && text.len() <= MAX_BYTES
            && !text.contains('\\')
            && !text.chars().any(|character| character.is_control() || character.is_whitespace());
        let url = SITE.join(text).ok().filter(|url| is_plain && url.origin() == SITE.origin())?;
        let path = url.path();
        let hides = |byte: u8| matches!(byte, b'/' | b'\\' | b'%') || byte.is_ascii_control();
        let has_hidden = path.split('/').any(|segment| percent_decode_str(segment).any(hides));
        (!path.starts_with("//") && !has_hidden && is_page(path))
            .then(|| Self(url[url::Position::BeforePath..].to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> String {
        let is_page = |path: &str| !path.starts_with("/auth/") && !path.starts_with("/assets/");
        LocalPath::parse(text, is_page).as_str().to_owned()
    }

    #[test]
    fn path_of_this_site_is_kept() {
        for path in
            ["/", "/account", "/a/b?c=d&e=%2F#f", "/caf%C3%A9", "/a//b", "/?next=//evil.example"]
        {
            assert_eq!(parsed(path), path);
        }
        assert_eq!(parsed("/café"), "/caf%C3%A9");
        assert_eq!(parsed("/a/../b"), "/b");
    }

    #[test]
    fn everything_else_becomes_the_home_page() {
        for text in [
            "",
            "account",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "https:evil.example",
            "https://evil.example/",
            "http:/evil.example",
            "http://site.invalid.evil.example/",
            "http://user@evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "\t//evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nSet-Cookie: a=b",
            " //evil.example",
            "/ /evil.example",
            "/%09/evil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/%2fevil.example",
            "/%2F/evil.example",
            "/%252fevil.example",
            "/%00",
            "/..//evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/%2e%2e//evil.example",
            "/a\u{0}b",
            "/a\u{85}b",
            "/\u{2028}/evil.example",
            "?next=/",
            "#x",
            "/auth/login",
            "/auth/login?next=/",
            "/auth/register#x",
            "/x/../auth/login",
            "/auth/logout",
            "/assets/icon.svg",
            "/100%",
        ] {
            assert_eq!(parsed(text), "/", "{text:?}");
        }
        assert_eq!(parsed(&format!("/{}", "x".repeat(2048))), "/");
    }

    proptest! {
        /// ASVS 3.7.2.
        #[test]
        fn any_input_keeps_a_browser_on_this_site(text in "\\PC{0,40}|[/\\\\%2f5c09.@:?#a ]{0,12}") {
            let here = Url::parse("https://coach.example/auth/login").unwrap();
            let path = parsed(&text);
            prop_assert_eq!(here.join(&path).unwrap().origin(), here.origin());
            prop_assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(parsed(&path), path);
        }
    }
}
