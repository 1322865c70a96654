//! Names for the clients of sessions, such as "Firefox on Windows". See decision 18.

use coach_core::domain::UserAgent;
use serde::Serialize;

/// A client in words and as an icon.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct ClientName {
    pub(super) text: String,
    pub(super) icon: Icon,
}

/// The kind of a client. Templates choose a picture by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Icon {
    Desktop,
    Phone,
    Tablet,
    /// A command line, a library, a robot, or something unknown.
    Program,
}

/// Maximum length of a text that is not recognised, in code points.
const MAX_RAW: usize = 60;

/// The products of browsers. The first one that a client names decides, because most browsers also name the browsers that
/// they are compatible with. Brave and others name only Chrome.
const BROWSERS: [(&str, &str); 34] = [
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("Edge", "Edge"),
    ("OPR", "Opera"),
    ("OPX", "Opera GX"),
    ("OPT", "Opera Touch"),
    ("OPiOS", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Brave", "Brave"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Ddg", "DuckDuckGo"),
    ("YaBrowser", "Yandex Browser"),
    ("Whale", "Whale"),
    ("UCBrowser", "UC Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("VivoBrowser", "Vivo Browser"),
    ("Silk", "Silk"),
    ("Ecosia", "Ecosia"),
    ("GSA", "Google app"),
    ("FxiOS", "Firefox"),
    ("Focus", "Firefox Focus"),
    ("Klar", "Firefox Klar"),
    ("SeaMonkey", "SeaMonkey"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Trident", "Internet Explorer"),
    ("Safari", "Safari"),
];

/// The words that name a platform, in the order in which they decide: Android also names Linux, and iPhones name Mac OS X.
/// iPads usually call themselves Macs.
const PLATFORMS: [(&str, &str, Icon); 13] = [
    ("iPhone", "iPhone", Icon::Phone),
    ("iPod", "iPod", Icon::Phone),
    ("iPad", "iPad", Icon::Tablet),
    ("Android", "Android", Icon::Phone),
    ("CrOS", "ChromeOS", Icon::Desktop),
    ("Windows", "Windows", Icon::Desktop),
    ("Macintosh", "macOS", Icon::Desktop),
    ("macOS", "macOS", Icon::Desktop),
    ("Ubuntu", "Linux", Icon::Desktop),
    ("Linux", "Linux", Icon::Desktop),
    ("FreeBSD", "FreeBSD", Icon::Desktop),
    ("OpenBSD", "OpenBSD", Icon::Desktop),
    ("X11", "Unix", Icon::Desktop),
];

impl ClientName {
    /// Names a client. The time is bounded by the length of a [`UserAgent`] and of the tables.
    pub(super) fn of(user_agent: Option<&UserAgent>) -> Self {
        let Some(user_agent) = user_agent.map(UserAgent::as_str) else {
            return Self { text: "Unknown browser or app".to_owned(), icon: Icon::Program };
        };
        let words: Vec<&str> =
            user_agent.split([' ', ';', '(', ')', ',']).filter(|word| !word.is_empty()).collect();
        // Only with a version: some phones have names such as "CUBOT".
        let mut products = words.iter().filter_map(|word| word.split_once('/'));
        if let Some((robot, _)) = products.find(|(name, _)| is_robot(name)) {
            return Self { text: robot.to_owned(), icon: Icon::Program };
        }
        let platform = platform(&words);
        match (name(user_agent, &words), platform) {
            (Some(name), Some((platform, icon))) => {
                Self { text: format!("{name} on {platform}"), icon }
            }
            (Some(name), None) => Self { text: name.to_owned(), icon: Icon::Program },
            (None, Some((platform, icon))) => {
                Self { text: format!("Unknown app on {platform}"), icon }
            }
            (None, None) => Self { text: shorten(user_agent), icon: Icon::Program },
        }
    }
}

/// Returns the name of a product in `name/version`.
fn product(word: &str) -> &str {
    word.split_once('/').map_or(word, |(name, _)| name)
}

fn is_robot(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_token(&name) && ["bot", "spider", "crawler"].iter().any(|end| name.ends_with(end))
}

fn platform(words: &[&str]) -> Option<(&'static str, Icon)> {
    let (_, name, icon) = PLATFORMS
        .into_iter()
        .find(|(wanted, ..)| words.iter().any(|word| product(word) == *wanted))?;
    // Tablets with Android leave out the word that phones have.
    let is_tablet = name == "Android" && !words.iter().any(|word| product(word) == "Mobile");
    Some((name, if is_tablet { Icon::Tablet } else { icon }))
}

/// Returns the name of the browser, or of the first product of any other client (RFC 9110, section 10.1.5).
fn name<'a>(user_agent: &'a str, words: &[&'a str]) -> Option<&'a str> {
    let names = |wanted: &str| words.iter().any(|word| product(word) == wanted);
    let first = user_agent.split(' ').next().map_or("", product);
    match first {
        // The runtime of Android, which sends its own name for apps.
        "Dalvik" => Some("App"),
        "Mozilla" | "Opera" => {
            BROWSERS.into_iter().find(|(wanted, _)| names(wanted)).map(|(_, name)| name)
        }
        _ if user_agent == first || user_agent.contains('/') => is_token(first).then_some(first),
        _ => None,
    }
}

/// Returns whether a text can name a product: a letter, then letters, digits and a few signs.
fn is_token(name: &str) -> bool {
    name.len() <= MAX_RAW
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_RAW) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
