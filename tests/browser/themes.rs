use crate::{
    browser::{Browser, DESKTOP, ESCAPE, Setup, WITHOUT_SCRIPTS},
    site::Site,
};

const DARK: Setup = Setup { dark: true, ..DESKTOP };

async fn background(browser: &Browser) -> String {
    let script = "return getComputedStyle(document.querySelector('header')).backgroundColor";
    browser.run(script).await.as_str().unwrap().to_owned()
}

const LIGHT_BACKGROUND: &str = "rgb(255, 255, 255)";
const DARK_BACKGROUND: &str = "rgb(3, 7, 18)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn theme_follows_the_system_with_and_without_scripts() {
    let site = Site::alone().await;
    for (setup, expected) in [
        (DESKTOP, LIGHT_BACKGROUND),
        (DARK, DARK_BACKGROUND),
        (Setup { dark: true, ..WITHOUT_SCRIPTS }, DARK_BACKGROUND),
        (WITHOUT_SCRIPTS, LIGHT_BACKGROUND),
    ] {
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/").await;
        assert_eq!(background(&browser).await, expected, "{setup:?}");
        let menu = browser.find("[data-menu]").await;
        assert_eq!(menu.is_displayed().await.unwrap(), setup.scripts, "{setup:?}");
    }
}

/// Returns the themes whose buttons are pressed.
async fn pressed(browser: &Browser) -> serde_json::Value {
    let script = "return [...document.querySelectorAll('[data-theme][aria-pressed=true]')]
        .map((choice) => choice.dataset.theme)";
    browser.run(script).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn chosen_theme_overrides_the_system_on_every_page() {
    let site = Site::alone().await;
    for setup in [DESKTOP, DARK] {
        let system = if setup.dark { DARK_BACKGROUND } else { LIGHT_BACKGROUND };
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/").await;
        let choose = async |theme: &str| {
            let choice = format!("[data-theme={theme}]");
            browser.find(&choice).await.click().await.unwrap();
            assert_eq!(pressed(&browser).await, serde_json::json!([theme]));
        };
        browser.open_menu().await;
        assert_eq!(pressed(&browser).await, serde_json::json!(["system"]));
        for (theme, expected) in [("dark", DARK_BACKGROUND), ("light", LIGHT_BACKGROUND)] {
            browser.visit(&site, "/").await;
            browser.open_menu().await;
            choose(theme).await;
            assert_eq!(background(&browser).await, expected);
            for path in ["/auth/login", "/docs", "/nothing"] {
                browser.visit(&site, path).await;
                assert_eq!(background(&browser).await, expected, "{path}");
                assert_eq!(pressed(&browser).await, serde_json::json!([theme]));
            }
        }
        browser.open_menu().await;
        choose("system").await;
        assert_eq!(background(&browser).await, system);
        let stored = browser.run("return localStorage.getItem('theme')").await;
        assert_eq!(stored, serde_json::Value::Null);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn menu_closes_with_escape_a_click_elsewhere_and_the_next_field() {
    let site = Site::alone().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    browser.open_menu().await;
    browser.find("h1").await.click().await.unwrap();
    browser.gone("[data-menu][open]").await;
    browser.open_menu().await;
    browser.tab_to("[data-theme=dark]").await;
    browser.press(ESCAPE).await;
    browser.gone("[data-menu][open]").await;
    browser.find("[data-menu] summary:focus").await;
    browser.open_menu().await;
    browser.tab_to("#email").await;
    browser.gone("[data-menu][open]").await;
}
