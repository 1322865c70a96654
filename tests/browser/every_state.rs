//! Checks every page in every state, theme and width with axe-core, and takes screenshots for review.

use std::{fs, path::PathBuf};

use coach_tests::PASSWORD;
use serde_json::Value;

use crate::{
    account_sections::log_in_from,
    browser::{Browser, DESKTOP, Setup},
    cdn,
    site::{EMAIL, Site},
};

const WIDTHS: [u32; 3] = [1280, 768, 375];
/// Pages must not scroll sideways at this width (WCAG 2.2, 1.4.10).
const NARROWEST: u32 = 320;

/// Brings the browser into a state.
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
        "new_password" => browser.visit(site, "/auth/new-password").await,
        "new_password_refused" => {
            browser.visit(site, "/auth/new-password").await;
            let fields = [email, ("#code", "0000 0000"), ("#new_password", "a long passphrase")];
            browser.submit(&fields).await;
            browser.find("#form-error").await;
        }
        "new_password_invalid" => {
            browser.visit(site, "/auth/new-password").await;
            browser.submit(&[email, ("#new_password", "short")]).await;
            browser.find("#new_password-error").await;
        }
        "register" => browser.visit(site, "/auth/register").await,
        "register_invalid" => {
            browser.visit(site, "/auth/register").await;
            let name = "x".repeat(101);
            browser
                .submit(&[("#email", "nobody"), ("#full_name", &name), ("#password", "short")])
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
            browser.shows("h1", "Too much text").await;
        }
        "cross_site" => {
            let page = format!(
                "data:text/html,<form method=post action={}><button>Go</button></form>",
                site.url("/auth/login")
            );
            browser.driver.goto(page).await.unwrap();
            browser.find("button").await.click().await.unwrap();
            browser.shows("h1", "Request from another site").await;
        }
        "home_account_deleted" => {
            browser.visit(site, "/auth/register?next=/account").await;
            browser.submit(&[("#email", "gone@example.com"), ("#password", PASSWORD)]).await;
            browser.shows("[data-notice]", "Your account is ready.").await;
            browser.find("details:not([data-menu]) summary").await.click().await.unwrap();
            browser.submit(&[("#delete-current_password", PASSWORD)]).await;
            browser.shows("[data-notice]", "are deleted.").await;
        }
        "login_signed_out" => {
            browser.visit(site, "/auth/login").await;
            browser.submit(&[email, ("#password", PASSWORD)]).await;
            browser.find("#history").await;
            browser.sign_out().await;
        }
        "home_session_ended" | "login_session_ended" => {
            browser.plant_session(site, &"0".repeat(64)).await;
            let path = if state == "home_session_ended" { "/" } else { "/auth/login" };
            browser.visit(site, path).await;
            browser.shows("[data-notice]", "Your session has ended.").await;
        }
        "login_forgotten_password" => {
            browser.visit(site, "/auth/login").await;
            browser.find("main summary").await.click().await.unwrap();
            browser.find("main details[open]").await;
        }
        "menu_signed_out" | "menu_signed_in" => {
            browser.visit(site, "/nothing").await;
            browser.open_menu().await;
        }
        "problem" => browser.visit(site, "/problems/busy").await,
        "docs" => {
            browser.visit(site, "/docs").await;
            browser.shows(".swagger-ui h2.title", "PM Interview Coach").await;
        }
        "docs_signed_in" => {
            browser.visit(site, "/docs").await;
            let me = "#operations-Accounts-me";
            browser.find(&format!("{me} .opblock-summary-control")).await.click().await.unwrap();
            browser.find(&format!("{me} button.execute")).await.click().await.unwrap();
            browser.find(&format!("{me} .live-responses-table .response-col_status")).await;
        }
        "account_profile_saved" => {
            browser.visit(site, "/account").await;
            browser.submit_to_next_page(&[("#profile-full_name", "Test User")]).await;
            browser.shows("[data-notice]", "Profile saved.").await;
        }
        "not_found_signed_in" => browser.visit(site, "/nothing").await,
        "not_found" => browser.visit(site, "/nothing").await,
        "method_not_allowed" => browser.visit(site, "/auth/logout").await,
        "practice_empty" => browser.sign_in(site).await,
        "practice" => {
            site.add_practice(45).await;
            site.start_practice().await;
            browser.visit(site, "/").await;
        }
        "practice_more" => {
            browser.find("#more a").await.click().await.unwrap();
            browser.find("#sessions li:nth-child(21):focus").await;
        }
        "practice_ended" => {
            browser.visit(site, "/").await;
            browser.find("#sessions form button").await.click().await.unwrap();
            browser.shows("#sessions li:focus", "Lasted").await;
        }
        "practice_scores" => {
            browser.visit(site, "/").await;
            browser.find("main summary").await.click().await.unwrap();
        }
        "practice_earlier" => {
            let next = browser.find("#more a").await.attr("href").await.unwrap().unwrap();
            browser.visit(site, &next).await;
            browser.shows("h2", "Earlier sessions").await;
        }
        "practice_no_match" => browser.visit(site, "/?category=Technical&state=open").await,
        "practice_refused" => browser.visit(site, "/?cursor=nonsense").await,
        "practice_start_refused" => {
            browser.visit(site, "/").await;
            browser
                .run("document.querySelector('#timer_minutes').selectedOptions[0].value = '61'")
                .await;
            browser.find("#start button").await.click().await.unwrap();
            browser.find("#timer_minutes-error").await;
        }
        "account" => browser.visit(site, "/account").await,
        "account_refused" => {
            browser.visit(site, "/account").await;
            let passwords = [("#current_password", "wrong"), ("#new_password", "password")];
            browser.submit(&passwords).await;
            browser.find("#new_password-error").await;
        }
        "account_profile_invalid" => {
            browser.visit(site, "/account").await;
            let name = "x".repeat(101);
            browser.submit(&[("#profile-full_name", &name), ("#profile-email", "nobody")]).await;
            browser.find("#profile-full_name-error").await;
            browser.find("#profile-email-error").await;
        }
        "account_email_taken" => {
            assert_eq!(site.client.register("taken@example.com").await.status, 201);
            browser.visit(site, "/account").await;
            let fields =
                [("#profile-email", "taken@example.com"), ("#profile-current_password", PASSWORD)];
            browser.submit(&fields).await;
            browser.find("#profile-email-error").await;
        }
        "account_email_refused" => {
            browser.visit(site, "/account").await;
            let fields =
                [("#profile-email", "new@example.com"), ("#profile-current_password", "wrong")];
            browser.submit(&fields).await;
            browser.find("#profile-current_password-error").await;
        }
        "account_deletion" => {
            browser.visit(site, "/account").await;
            browser.find("details:not([data-menu]) summary").await.click().await.unwrap();
        }
        "account_deletion_refused" => {
            browser.visit(site, "/account").await;
            browser.find("details:not([data-menu]) summary").await.click().await.unwrap();
            browser.submit(&[("#delete-current_password", "wrong password")]).await;
            browser.find("#delete-current_password-error").await;
        }
        "account_many_sessions" => {
            log_in_from(&site.client, &CLIENTS).await;
            // Another address than the page before, so that the browser loads it.
            browser.visit(site, "/account?sessions=10#sessions").await;
        }
        "account_all_sessions" => {
            let hostile = ["\u{202e}<b>&".repeat(200), "x".repeat(1024), "x ".repeat(512)];
            // With the sessions of browsers, these are almost the 100 that an account may have.
            let programs = "DELETE FROM auth_sessions WHERE secret_digest IS NULL";
            site.database.execute(programs).await;
            for _ in 0..32 {
                log_in_from(&site.client, &hostile.each_ref().map(String::as_str)).await;
            }
            browser.visit(site, "/account?sessions=100#sessions").await;
            browser.find("#session-97").await;
        }
        _ => unreachable!("{state}"),
    }
}

/// The browser stays signed in after `practice_empty`.
const STATES: [&str; 48] = [
    "home_signed_out",
    "home_account_deleted",
    "home_session_ended",
    "menu_signed_out",
    "problem",
    "docs",
    "login",
    "login_signed_out",
    "login_session_ended",
    "login_forgotten_password",
    "login_refused",
    "login_field_error",
    "login_inactive",
    "new_password",
    "new_password_refused",
    "new_password_invalid",
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
    "practice_empty",
    "menu_signed_in",
    "account_profile_saved",
    "docs_signed_in",
    "not_found_signed_in",
    "practice",
    "practice_more",
    "practice_ended",
    "practice_scores",
    "practice_earlier",
    "practice_no_match",
    "practice_refused",
    "practice_start_refused",
    "account",
    "account_refused",
    "account_profile_invalid",
    "account_email_taken",
    "account_email_refused",
    "account_deletion",
    "account_deletion_refused",
    "account_many_sessions",
    "account_all_sessions",
];

/// The names of clients of every kind.
const CLIENTS: [&str; 12] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) Version/26.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) Version/26.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "okhttp/4.12.0",
    "Coach/3.1 (iPhone; iOS 18.7; Scale/3.00)",
    "Mozilla/5.0 (compatible; Examplebot/2.1)",
    "a thing that nobody knows",
];

/// Asserts that axe-core finds nothing. The markup of Swagger UI is not ours, but its colours are.
async fn look(browser: &Browser, axe: &str, name: &str) {
    browser.run(axe).await;
    let script = "const done = arguments[arguments.length - 1];
        axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            .then((found) => done(found.violations.flatMap((each) => each.nodes
                .filter((node) => each.id === 'color-contrast' || !document.querySelector(node.target)?.closest('#ui'))
                .map((node) => [each.id, node.html]))))";
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
async fn pages_are_accessible_and_fit_the_width_in_the_light_theme() {
    every_state_in(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn pages_are_accessible_and_fit_the_width_in_the_dark_theme() {
    every_state_in(true).await;
}
