//! What axe-core does not see: zoom, forced colours, print and the keyboard.

use serde_json::json;

use crate::{
    browser::{Browser, DESKTOP, ENTER, Setup, TAB},
    site::Site,
};

const PHONE: Setup = Setup { width: 375, ..DESKTOP };
const PAGES: [&str; 5] = ["/", "/auth/login", "/auth/register", "/nothing", "/problems/busy"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn header_is_one_row_on_a_phone_signed_in_or_not() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(PHONE).await;
    let height = "await document.fonts.ready; return document.querySelector('header').offsetHeight";
    for path in PAGES {
        browser.visit(&site, path).await;
        let height = browser.run(height).await.as_u64().unwrap();
        assert!(height <= 64, "{path}: {height}");
    }
    browser.sign_in(&site).await;
    for path in ["/", "/account", "/nothing"] {
        browser.visit(&site, path).await;
        let height = browser.run(height).await.as_u64().unwrap();
        assert!(height <= 64, "{path}: {height}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn header_and_content_end_at_the_same_line() {
    let site = Site::with_cdn().await.with_account().await;
    let ends = "const summary = document.querySelector('[data-menu] summary');
        const content = document.querySelector('#content');
        const right = (element) => element.getBoundingClientRect().right;
        const panel = right(summary.nextElementSibling);
        const line = right(content) - parseFloat(getComputedStyle(content).paddingRight);
        return [line - right(summary.querySelector('[aria-hidden]')), line - panel].map(Math.abs)";
    for setup in [DESKTOP, PHONE] {
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/nothing").await;
        for signed_in in [false, true] {
            if signed_in {
                browser.sign_in(&site).await;
            }
            browser.open_menu().await;
            // The icon of the theme has an empty edge.
            let allowed = if signed_in { 0.5 } else { 3.0 };
            let apart = browser.run(ends).await;
            for apart in apart.as_array().unwrap() {
                assert!(apart.as_f64().unwrap() <= allowed, "{apart} {signed_in} {setup:?}");
            }
        }
    }
}

/// WCAG 2.2, 1.4.4. Text may also not be cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn text_of_twice_the_size_fits_a_phone() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(PHONE).await;
    let large = "document.documentElement.style.fontSize = '200%'; await document.fonts.ready;
        for (const menu of document.querySelectorAll('details')) menu.open = true;
        const cut = [...document.querySelectorAll('body *')].filter((each) =>
            each.checkVisibility() && !each.closest('.sr-only, svg') && each.textContent.trim()
            && (each.getBoundingClientRect().right > innerWidth + 1 || each.getBoundingClientRect().left < -1));
        return [document.documentElement.scrollWidth <= innerWidth, cut.map((each) => each.outerHTML)]";
    for path in PAGES {
        browser.visit(&site, path).await;
        assert_eq!(browser.run(large).await, json!([true, []]), "{path}");
    }
    browser.sign_in(&site).await;
    browser.visit(&site, "/").await;
    assert_eq!(browser.run(large).await, json!([true, []]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn buttons_and_fields_keep_a_border_in_forced_colours() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    let media = json!({"features": [{"name": "forced-colors", "value": "active"}]});
    browser.devtools("Emulation.setEmulatedMedia", media).await;
    let bare = "return [...document.querySelectorAll('button, input:not([type=hidden]), .bg-accent-hover')]
        .filter((each) => !each.closest('.sr-only'))
        .filter((each) => parseFloat(getComputedStyle(each).borderTopWidth) < 1
            || ['none', 'hidden'].includes(getComputedStyle(each).borderTopStyle))
        .map((each) => each.outerHTML)";
    for path in PAGES {
        browser.visit(&site, path).await;
        assert_eq!(browser.run("return matchMedia('(forced-colors: active)').matches").await, true);
        assert_eq!(browser.run(bare).await, json!([]), "{path}");
    }
    browser.sign_in(&site).await;
    assert_eq!(browser.run(bare).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn paper_is_white_and_has_no_menu() {
    let site = Site::alone().await;
    let browser = Browser::open(Setup { dark: true, ..DESKTOP }).await;
    browser.visit(&site, "/auth/login").await;
    let media =
        json!({"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.devtools("Emulation.setEmulatedMedia", media).await;
    let colours = "const of = (selector) => getComputedStyle(document.querySelector(selector));
        return [of('main h1').color, of('form input[type=email]').backgroundColor, of('header').display]";
    let expected = json!(["rgb(0, 0, 0)", "rgb(255, 255, 255)", "none"]);
    assert_eq!(browser.run(colours).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn skip_link_lies_over_the_page_and_leads_to_the_content() {
    let site = Site::alone().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/").await;
    let top = "return document.querySelector('header').getBoundingClientRect().top";
    browser.press(TAB).await;
    browser.find("a[href='#content']:focus").await;
    // It moves nothing.
    assert_eq!(browser.run(top).await, 0);
    let visible = "const box = document.activeElement.getBoundingClientRect(); return box.height >= 24 && box.left >= 0";
    assert_eq!(browser.run(visible).await, true);
    browser.press(ENTER).await;
    browser.press(TAB).await;
    browser.find("main a[href='/auth/register']:focus").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn nothing_moves_for_those_who_prefer_it() {
    let site = Site::with_cdn().await;
    let browser = Browser::open(DESKTOP).await;
    let media = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
    browser.devtools("Emulation.setEmulatedMedia", media).await;
    let moving = "return [...document.querySelectorAll('*')].filter((each) => {
            const style = getComputedStyle(each);
            return style.animationName !== 'none' || style.transitionDuration.split(', ').some((time) => time !== '0s');
        }).map((each) => each.outerHTML)";
    for path in PAGES {
        browser.visit(&site, path).await;
        assert_eq!(browser.run(moving).await, json!([]), "{path}");
    }
}
