use crate::{
    browser::{Browser, DESKTOP, Setup, WITHOUT_SCRIPTS},
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
        let toggle = browser.find("[data-theme-toggle]").await;
        assert_eq!(toggle.is_displayed().await.unwrap(), setup.scripts, "{setup:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn toggle_overrides_the_system_theme_until_toggled_back() {
    let site = Site::alone().await;
    for (setup, system, other) in
        [(DESKTOP, LIGHT_BACKGROUND, DARK_BACKGROUND), (DARK, DARK_BACKGROUND, LIGHT_BACKGROUND)]
    {
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/").await;
        let toggle = async || browser.find("[data-theme-toggle]").await.click().await.unwrap();
        let pressed = async || {
            browser.find("[data-theme-toggle]").await.attr("aria-pressed").await.unwrap().unwrap()
        };
        assert_eq!(pressed().await, setup.dark.to_string());
        toggle().await;
        assert_eq!(background(&browser).await, other);
        assert_eq!(pressed().await, (!setup.dark).to_string());
        for path in ["/auth/login", "/nothing"] {
            browser.visit(&site, path).await;
            assert_eq!(background(&browser).await, other, "{path}");
        }
        toggle().await;
        assert_eq!(background(&browser).await, system);
        assert_eq!(
            browser.run("return localStorage.getItem('theme')").await,
            serde_json::Value::Null
        );
    }
}
