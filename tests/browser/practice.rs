//! The practice history: starting, filtering, ending and loading more, by keyboard alone.

use thirtyfour::By;

use crate::{
    browser::{Browser, DESKTOP, DOWN, ENTER, SPACE, Setup, WITHOUT_SCRIPTS},
    site::Site,
};

async fn signed_in(site: &Site, setup: Setup) -> Browser {
    let browser = Browser::open(setup).await;
    browser.sign_in(site).await;
    browser
}

async fn count(browser: &Browser, selector: &str) -> usize {
    browser.driver.find_all(By::Css(selector)).await.unwrap().len()
}

async fn one_session(site: Site, setup: Setup) {
    let site = site.with_account().await;
    let browser = signed_in(&site, setup).await;
    browser.shows("#history", "Your first session starts here.").await;
    browser.tab_to("#category_filter").await;
    browser.press(DOWN).await;
    assert_eq!(browser.value("#category_filter").await, "Product sense");
    browser.tab_to("#timer_minutes").await;
    browser.press(DOWN).await;
    browser.tab_to("#start button").await;
    browser.press(SPACE).await;
    browser.shows("#sessions li", "Standard · 5 min per question").await;
    browser.shows("#sessions li", "Open").await;
    assert_eq!(browser.path().await, "/");

    browser.tab_to("#history a[href*='state=open']").await;
    browser.press(ENTER).await;
    browser.find("a[aria-current=true][href*='state=open']").await;
    browser.tab_to("#category").await;
    browser.press(DOWN).await;
    browser.tab_to("form[action='/#history'] button").await;
    browser.press(ENTER).await;
    browser.find("#category option[value='Product sense'][selected]").await;
    assert_eq!(browser.path().await, "/?state=open&category=Product+sense");

    browser.tab_to("#sessions form button").await;
    browser.press(ENTER).await;
    if site.has_cdn {
        // The row stays until the list is asked for again.
        browser.shows("#sessions li:focus", "Lasted under 1 min").await;
        assert_eq!(browser.path().await, "/?state=open&category=Product+sense");
        browser.driver.refresh().await.unwrap();
    }
    browser.shows("#history", "No sessions match this filter.").await;
    assert!(site.has_cdn || browser.path().await == "/?category=Product+sense&state=open");
    browser.tab_to("#history a[href='/#history']:not([aria-current]):not(nav a)").await;
    browser.press(ENTER).await;
    browser.shows("#sessions li", "Lasted under 1 min").await;
    assert_eq!(count(&browser, "#sessions form").await, 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn session_is_started_filtered_and_ended_with_htmx() {
    one_session(Site::with_cdn().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn session_is_started_filtered_and_ended_without_scripts() {
    one_session(Site::alone().await, WITHOUT_SCRIPTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn more_sessions_are_appended_and_the_first_of_them_gets_the_focus() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(45).await;
    let browser = signed_in(&site, DESKTOP).await;
    let title = browser.driver.title().await.unwrap();
    for (first, total, said) in
        [(21, 41, "20 earlier sessions loaded."), (41, 45, "5 earlier sessions loaded.")]
    {
        browser.tab_to("#more a").await;
        browser.press(ENTER).await;
        browser.find(&format!("#sessions li:nth-child({first}):focus")).await;
        browser.find(&format!("#sessions li:nth-child({total}):last-child")).await;
        let status = browser.find("#history-status[role=status]").await;
        assert_eq!(status.prop("textContent").await.unwrap().as_deref(), Some(said));
    }
    assert_eq!(count(&browser, "#more").await, 0);
    assert_eq!(browser.path().await, "/");
    assert_eq!(browser.driver.title().await.unwrap(), title);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn ending_a_session_changes_only_its_row_and_the_scores() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(45).await;
    site.start_practice_before_all().await;
    let browser = signed_in(&site, DESKTOP).await;
    for total in [41, 46] {
        browser.find("#more a").await.click().await.unwrap();
        browser.find(&format!("#sessions li:nth-child({total}):not(.htmx-added)")).await;
    }
    // Its score is known when it ends.
    site.database
        .execute("UPDATE practice_sessions SET avg_score = 9.5 WHERE ended_at IS NULL")
        .await;
    let before = browser.run("window.stays = true; document.querySelector('#sessions form button').scrollIntoView({block: 'center'}); return scrollY").await;
    browser.find("#sessions form button").await.click().await.unwrap();
    browser.shows("#sessions li:last-child:focus", "Lasted").await;
    let after = browser
        .run("return [window.stays, document.querySelectorAll('#sessions li').length, scrollY]")
        .await;
    assert_eq!(after, serde_json::json!([true, 46, before]));
    let status = browser.find("#history-status").await.prop("textContent").await.unwrap();
    assert_eq!(status.as_deref(), Some("Practice session ended."));
    let described = browser.find("#scores-description").await.prop("textContent").await.unwrap();
    assert!(described.unwrap().contains("highest 9.5 points"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn ending_a_session_returns_to_its_row_without_scripts() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(45).await;
    site.start_practice_before_all().await;
    let browser = signed_in(&site, WITHOUT_SCRIPTS).await;
    for _ in 0..2 {
        browser.run("document.documentElement.dataset.previous = ''").await;
        browser.find("#more a").await.click().await.unwrap();
        browser.find("html:not([data-previous]) #sessions").await;
    }
    let page = browser.path().await;
    assert!(page.starts_with("/?cursor="), "{page}");
    browser.run("document.documentElement.dataset.previous = ''").await;
    browser.find("#sessions form button").await.click().await.unwrap();
    browser.shows("html:not([data-previous]) #sessions li:target", "Lasted").await;
    assert_eq!(browser.path().await, page);
    // Both the row and the notice are in view.
    let in_view = "return ['#sessions li:target', '[data-notice]'].map((selector) => {
        const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    })";
    assert_eq!(browser.run(in_view).await, serde_json::json!([true, true]));
    browser.shows("[data-notice]", "Practice session ended.").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn more_sessions_are_the_next_page_without_scripts() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(45).await;
    let browser = signed_in(&site, WITHOUT_SCRIPTS).await;
    for expected in [20, 5] {
        browser.run("document.documentElement.dataset.previous = ''").await;
        browser.tab_to("#more a").await;
        browser.press(ENTER).await;
        browser.find("html:not([data-previous]) #sessions").await;
        assert_eq!(count(&browser, "#sessions li:not(#more)").await, expected);
        assert!(browser.path().await.starts_with("/?cursor="));
    }
    assert_eq!(count(&browser, "#more").await, 0);
    browser.tab_to("#history p a").await;
    browser.press(ENTER).await;
    browser.find("#more").await;
    assert_eq!(browser.path().await, "/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn loading_more_explains_a_bad_address_and_asks_for_a_sign_in() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(21).await;
    let browser = signed_in(&site, DESKTOP).await;
    let more = "document.querySelector('#more a')";
    browser.run(&format!("{more}.setAttribute('hx-get', '/?cursor=nonsense')")).await;
    browser.find("#more a").await.click().await.unwrap();
    browser.shows("[role=alert]:focus", "These sessions cannot be shown.").await;
    browser.find("#history p a").await.click().await.unwrap();
    browser.find("#more a").await;
    browser.driver.delete_all_cookies().await.unwrap();
    browser.find("#more a").await.click().await.unwrap();
    browser.find("#email").await;
    assert_eq!(browser.path().await, "/auth/login?next=/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn chart_has_a_name_and_a_table() {
    let site = Site::with_cdn().await.with_account().await;
    site.add_practice(12).await;
    let browser = signed_in(&site, DESKTOP).await;
    let chart = browser.find("svg[role=img]").await;
    let title = chart.attr("aria-labelledby").await.unwrap().unwrap();
    let title = browser.find(&format!("#{title}")).await.prop("textContent").await.unwrap();
    assert_eq!(title.as_deref(), Some("Scores of the last 4 scored sessions, oldest first"));
    browser.tab_to("main summary").await;
    browser.press(ENTER).await;
    browser.find("main details[open]").await;
    assert_eq!(count(&browser, "main details tbody tr").await, 4);
    browser.shows("main details tbody tr:last-child", "6.0").await;
}
