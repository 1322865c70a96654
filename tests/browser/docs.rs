use crate::{
    browser::{Browser, DESKTOP},
    site::{EMAIL, Site},
};

const ME: &str = "#operations-Accounts-me";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn signed_in_user_can_execute_operations_on_the_documentation_page() {
    let site = Site::alone().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.sign_in(&site).await;
    browser.visit(&site, "/docs").await;
    browser.shows(".swagger-ui h2.title", "PM Interview Coach").await;
    browser.find(&format!("{ME} .opblock-summary-control")).await.click().await.unwrap();
    browser.find(&format!("{ME} button.execute")).await.click().await.unwrap();
    browser.shows(&format!("{ME} .live-responses-table .response-col_status"), "200").await;
    browser.shows(&format!("{ME} .live-responses-table"), EMAIL).await;

    // The dialog asks for a token, but not for a cookie.
    browser.find("button.authorize").await.click().await.unwrap();
    browser.shows(".auth-container", "BearerAuth").await;
    assert!(!browser.text(".dialog-ux").await.contains("CookieAuth"));
    browser.fill(".auth-container input", "a.forged.token").await;
    browser.find(".auth-btn-wrapper button[type=submit]").await.click().await.unwrap();
    browser.find(".auth-btn-wrapper .btn-done").await.click().await.unwrap();
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    // A reload keeps the token, which takes precedence over the cookie.
    browser.visit(&site, "/docs").await;
    browser.find(&format!("{ME} .opblock-summary-control")).await.click().await.unwrap();
    browser.find(&format!("{ME} button.execute")).await.click().await.unwrap();
    browser.shows(&format!("{ME} .live-responses-table"), "/problems/invalid-token").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    browser.find("header a").await.click().await.unwrap();
    browser.find("#history").await;
}
