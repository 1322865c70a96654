//! HTMX and the fonts from the CDN.

use crate::{
    browser::{Browser, DESKTOP},
    cdn,
    site::{EMAIL, Site},
};

/// ASVS 3.6.1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn pinned_packages_match_the_digests_in_the_pages() {
    let site = Site::with_cdn().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    assert_eq!(browser.run("return htmx.version.split('.')[0]").await, "4");
    // A page with code.
    browser.visit(&site, "/problems/busy").await;
    let fonts = "await document.fonts.ready;
        const faces = [...document.fonts].filter((face) => face.status === 'loaded');
        return [...new Set(faces.map((face) => face.family.replaceAll('\"', '')))].sort()";
    assert_eq!(browser.run(fonts).await, serde_json::json!(["Geist Sans", "JetBrains Mono"]));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

/// ASVS 3.6.1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn changed_script_does_not_run_and_the_form_works_without_it() {
    let site = Site::new(Some(cdn::tampered().await)).await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    assert_eq!(
        browser.run("return [typeof htmx, typeof window.tampered]").await,
        serde_json::json!(["undefined", "undefined"])
    );
    let complaints = browser.complaints().await;
    assert!(complaints.iter().any(|complaint| complaint.contains("integrity")), "{complaints:?}");
    browser.submit(&[("#email", EMAIL), ("#password", "wrong password")]).await;
    browser.shows("#form-error", "The email address or the password is wrong.").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn form_works_while_the_cdn_does_not_answer() {
    let site = Site::new(Some(cdn::silent().await)).await.with_account().await;
    let browser = Browser::open_impatient(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    browser.shows("h1", "Sign in").await;
    let size = "return getComputedStyle(document.querySelector('h1')).fontSize";
    assert_eq!(browser.run(size).await, "28px");
    browser.submit(&[("#email", EMAIL), ("#password", coach_tests::PASSWORD)]).await;
    browser.shows("h1", "Practice").await;
}
