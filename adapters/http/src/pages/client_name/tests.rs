use proptest::prelude::*;

use super::*;

const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)";
const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X)";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K)";
const CHROME: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const CHROME_PHONE: &str =
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36";
const SAFARI: &str = "AppleWebKit/605.1.15 (KHTML, like Gecko)";

fn named(user_agent: &str) -> ClientName {
    ClientName::of(UserAgent::read(user_agent).as_ref())
}

fn assert_named(cases: &[(String, &str, Icon)]) {
    for (user_agent, text, icon) in cases {
        let expected = ClientName { text: (*text).to_owned(), icon: *icon };
        assert_eq!(named(user_agent), expected, "{user_agent}");
    }
}

#[test]
fn browsers_on_desktops_are_named() {
    let linux = "Mozilla/5.0 (X11; Linux x86_64";
    assert_named(&[
        (format!("{WINDOWS} {CHROME}"), "Chrome on Windows", Icon::Desktop),
        (format!("{WINDOWS} {CHROME} Edg/143.0.0.0"), "Edge on Windows", Icon::Desktop),
        (format!("{MAC} {CHROME} OPR/126.0.0.0"), "Opera on macOS", Icon::Desktop),
        (format!("{MAC} {CHROME} Vivaldi/7.6"), "Vivaldi on macOS", Icon::Desktop),
        (format!("{MAC} {SAFARI} Version/26.1 Safari/605.1.15"), "Safari on macOS", Icon::Desktop),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
                .into(),
            "Firefox on Windows",
            Icon::Desktop,
        ),
        (
            format!("{linux}; rv:145.0) Gecko/20100101 Firefox/145.0"),
            "Firefox on Linux",
            Icon::Desktop,
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into(),
            "Firefox on Linux",
            Icon::Desktop,
        ),
        (
            format!(
                "{linux}) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/143.0.0.0 Safari/537.36"
            ),
            "Chrome on Linux",
            Icon::Desktop,
        ),
        (
            format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}"),
            "Chrome on ChromeOS",
            Icon::Desktop,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko".into(),
            "Internet Explorer on Windows",
            Icon::Desktop,
        ),
    ]);
}

#[test]
fn browsers_on_phones_and_tablets_are_named() {
    let end = "Mobile/15E148 Safari/604.1";
    assert_named(&[
        (format!("{IPHONE} {SAFARI} Version/26.1 {end}"), "Safari on iPhone", Icon::Phone),
        (format!("{IPAD} {SAFARI} Version/26.1 {end}"), "Safari on iPad", Icon::Tablet),
        (format!("{IPHONE} {SAFARI} CriOS/143.0 {end}"), "Chrome on iPhone", Icon::Phone),
        (format!("{IPHONE} {SAFARI} FxiOS/145.0 {end}"), "Firefox on iPhone", Icon::Phone),
        (format!("{IPAD} {SAFARI} Version/18.0 EdgiOS/143.0 {end}"), "Edge on iPad", Icon::Tablet),
        (format!("{IPHONE} {SAFARI} Mobile/15E148"), "Unknown app on iPhone", Icon::Phone),
        (format!("{ANDROID} {CHROME_PHONE}"), "Chrome on Android", Icon::Phone),
        (format!("{ANDROID} {CHROME}"), "Chrome on Android", Icon::Tablet),
        (format!("{ANDROID} {CHROME_PHONE} EdgA/143.0.0.0"), "Edge on Android", Icon::Phone),
        (
            format!(
                "{ANDROID} AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36"
            ),
            "Samsung Internet on Android",
            Icon::Phone,
        ),
        (
            "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0".into(),
            "Firefox on Android",
            Icon::Phone,
        ),
        (
            "Mozilla/5.0 (Android 16; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0".into(),
            "Firefox on Android",
            Icon::Tablet,
        ),
    ]);
}

#[test]
fn programs_and_robots_have_the_name_of_their_product() {
    assert_named(&[
        ("curl/8.5.0".into(), "curl", Icon::Program),
        ("python-requests/2.32.3".into(), "python-requests", Icon::Program),
        ("okhttp/4.12.0".into(), "okhttp", Icon::Program),
        ("Go-http-client/1.1".into(), "Go-http-client", Icon::Program),
        ("node".into(), "node", Icon::Program),
        ("Coach/3.1 (iPhone; iOS 18.7; Scale/3.00)".into(), "Coach on iPhone", Icon::Phone),
        ("Coach/312 CFNetwork/1496.0.7 Darwin/23.5.0".into(), "Coach", Icon::Program),
        (
            "Dalvik/2.1.0 (Linux; U; Android 15; Pixel 9 Build/AP4A) Mobile".into(),
            "App on Android",
            Icon::Phone,
        ),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +https://www.example.com/bot.html)".into(),
            "Googlebot",
            Icon::Program,
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)".into(),
            "GPTBot",
            Icon::Program,
        ),
    ]);
}

#[test]
fn unknown_text_is_shown_as_it_is_but_short() {
    let long = "x ".repeat(512);
    assert_named(&[
        ("Mozilla/5.0".into(), "Mozilla/5.0", Icon::Program),
        ("my own thing".into(), "my own thing", Icon::Program),
        ("<script>alert(1)</script>/1".into(), "<script>alert(1)</script>/1", Icon::Program),
        ("\u{202e}lruc\u{2066}/8".into(), "lruc", Icon::Program),
        ("שלום/1".into(), "שלום/1", Icon::Program),
        (long.clone(), &format!("{}…", &long[..59]), Icon::Program),
        (format!("{}/1", "a".repeat(100)), &format!("{}…", "a".repeat(60)), Icon::Program),
    ]);
    assert_eq!(ClientName::of(None).text, "Unknown browser or app");
}

proptest! {
    #[test]
    fn any_text_gets_a_short_name(
        text in prop_oneof![".{0,1024}", "([A-Za-z]{0,9}[/;() ]?){0,200}"],
    ) {
        let ClientName { text, .. } = named(&text);
        let longest = MAX_RAW + " on ChromeOS".len();
        prop_assert!(!text.is_empty() && text.chars().count() <= longest, "{text}");
        prop_assert!(!text.contains(char::is_control));
    }
}
