//! Every page in every state, in both themes, wide and narrow: looked at by axe-core, and by whoever opens the screenshots.

use std::{fs, path::PathBuf};

use coach_tests::PASSWORD;
use serde_json::Value;

use crate::{
    browser::{Browser, DESKTOP, Setup},
    cdn,
    site::{EMAIL, Site},
};

const WIDTHS: [u32; 2] = [1280, 375];
/// WCAG 2.2, 1.4.10: the narrowest that a page must fit into without scrolling sideways.
const NARROWEST: u32 = 320;

/// Brings the browser to a state, which the last argument names.
async fn reach(browser: &Browser, site: &Site, state: &str) {
    let email = ("#email", EMAIL);
    match state {
        "home_signed_out" => browser.visit(site, "/").await,
        "login" => browser.visit(site, "/auth/login").await,
        "login_refused" => {
            browser.visit(site, "/auth/login").await;
            browser.submit(&[email, ("#password", "wrong password")]).await;
            browser.find("#form-error").await;
        }
        "login_field_error" => {
            browser.visit(site, "/auth/login").await;
            browser.submit(&[email, ("#password", &"x".repeat(1025))]).await;
            browser.find("#password-error").await;
        }
        "register" => browser.visit(site, "/auth/register").await,
        "register_invalid" => {
            browser.visit(site, "/auth/register").await;
            let name = "x".repeat(101);
            browser
                .submit(&[("#email", "nobody"), ("#full_name", &name), ("#password", "password")])
                .await;
            browser.find("#password-error").await;
        }
        "register_email_taken" => {
            browser.visit(site, "/auth/register").await;
            browser.submit(&[email, ("#password", PASSWORD)]).await;
            browser.find("#email-error").await;
        }
        "server_unreachable" => {
            browser.visit(site, "/auth/login").await;
            browser.run("document.querySelector('[data-unreachable]').hidden = false").await;
        }
        "password_shown" => {
            browser.visit(site, "/auth/register").await;
            browser.fill("#password", "correct horse battery").await;
            browser.find("[data-show-password]").await.click().await.unwrap();
        }
        "working" => {
            browser.visit(site, "/auth/login").await;
            browser.run("for (const form of document.forms) form.addEventListener('submit', (e) => { e.preventDefault(); e.stopImmediatePropagation(); }, true)").await;
            browser.find("button[type=submit]").await.click().await.unwrap();
            browser.find("button[aria-busy]").await;
        }
        "login_inactive" => {
            site.database.execute("UPDATE users SET is_active = FALSE").await;
            browser.visit(site, "/auth/login").await;
            browser.submit(&[email, ("#password", PASSWORD)]).await;
            browser.shows("#form-error", "This account is inactive.").await;
            site.database.execute("UPDATE users SET is_active = TRUE").await;
        }
        "too_large" => {
            browser.visit(site, "/auth/register").await;
            browser.run("document.querySelector('#full_name').value = 'x'.repeat(70000)").await;
            browser.submit(&[email]).await;
            browser.shows("h1", "That was too long").await;
        }
        "cross_site" => {
            let page = format!(
                "data:text/html,<form method=post action={}><button>Go</button></form>",
                site.url("/auth/login")
            );
            browser.driver.goto(page).await.unwrap();
            browser.find("button").await.click().await.unwrap();
            browser.shows("h1", "This came from another site").await;
        }
        "not_found" => browser.visit(site, "/nothing").await,
        "method_not_allowed" => browser.visit(site, "/auth/logout").await,
        "home_signed_in" => browser.log_in(site).await,
        "account" => browser.visit(site, "/account").await,
        "account_refused" => {
            browser.visit(site, "/account").await;
            let passwords = [("#current_password", "wrong"), ("#new_password", "password")];
            browser.submit(&passwords).await;
            browser.find("#new_password-error").await;
        }
        "account_many_sessions" => {
            for _ in 0..12 {
                assert_eq!(site.client.login(EMAIL, PASSWORD).await.status, 200);
            }
            browser.visit(site, "/account").await;
        }
        _ => unreachable!("{state}"),
    }
}

/// The last ones are signed in.
const STATES: [&str; 19] = [
    "home_signed_out",
    "login",
    "login_refused",
    "login_field_error",
    "login_inactive",
    "register",
    "register_invalid",
    "register_email_taken",
    "server_unreachable",
    "password_shown",
    "working",
    "too_large",
    "cross_site",
    "not_found",
    "method_not_allowed",
    "home_signed_in",
    "account",
    "account_refused",
    "account_many_sessions",
];

async fn look(browser: &Browser, axe: &str, name: &str) {
    browser.run(axe).await;
    let script = "const done = arguments[arguments.length - 1];
        axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            .then((found) => done(found.violations.map((each) => [each.id, ...each.nodes.map((node) => node.html)])))";
    let found = browser.driver.execute_async(script, Vec::new()).await.unwrap();
    assert_eq!(found.json(), &Value::Array(Vec::new()), "{name}");
}

async fn scrolls_sideways(browser: &Browser) -> bool {
    let script =
        "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    browser.run(script).await == true
}

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

async fn every_state_in(dark: bool) {
    let site = Site::with_cdn().await.with_account().await;
    let axe = cdn::package_file("axe-core@4.14.1/axe.min.js");
    let theme = if dark { "dark" } else { "light" };
    let browser = Browser::open(Setup { dark, ..DESKTOP }).await;
    for state in STATES {
        browser.resize(WIDTHS[0]).await;
        reach(&browser, &site, state).await;
        browser.run("await document.fonts.ready").await;
        for width in WIDTHS {
            browser.resize(width).await;
            let name = format!("{state}-{theme}-{width}");
            look(&browser, &axe, &name).await;
            assert!(!scrolls_sideways(&browser).await, "{name}");
            browser.driver.screenshot(&folder().join(format!("{name}.png"))).await.unwrap();
        }
        browser.resize(NARROWEST).await;
        assert!(!scrolls_sideways(&browser).await, "{state} at {NARROWEST}");
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn no_page_has_a_barrier_or_scrolls_sideways_in_the_light_theme() {
    every_state_in(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn no_page_has_a_barrier_or_scrolls_sideways_in_the_dark_theme() {
    every_state_in(true).await;
}
