//! Forms on pages of other sites, with and without `Sec-Fetch-Site`.

use coach_tests::PASSWORD;
use poem::{
    EndpointExt, Route, Server, get, handler,
    listener::{Acceptor, Listener, TcpListener},
    web::{Data, Html},
};

use crate::{
    browser::{Browser, DESKTOP, Setup},
    site::{EMAIL, Site},
};

#[handler]
fn trap(target: Data<&String>) -> Html<String> {
    Html(format!(
        "<form method=post action='{}'><input name=email value='{EMAIL}'><input name=password value='{PASSWORD}'>
         <button>Win</button></form>",
        target.0
    ))
}

/// Serves a page whose button signs the visitor in to a foreign account. Returns its port.
async fn trap_for(target: String) -> u16 {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let port = acceptor.local_addr().remove(0).as_socket_addr().unwrap().port();
    let app = Route::new().at("/", get(trap)).data(target);
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    port
}

/// ASVS 3.5.1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn form_on_another_site_is_refused_with_advice() {
    let site = Site::with_cdn().await.with_account().await;
    let port = trap_for(site.url("/auth/login")).await;
    // Another port is the same site but another origin. Another host name is another site.
    for host in ["127.0.0.1", "localhost"] {
        let browser = Browser::open(DESKTOP).await;
        browser.driver.goto(format!("http://{host}:{port}/")).await.unwrap();
        browser.find("button").await.click().await.unwrap();
        browser.shows("h1", "Request from another site").await;
        browser.shows("main", "open this site in a new tab").await;
        assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0, "{host}");
    }
}

/// Browsers omit `Sec-Fetch-Site` without https, except on localhost. Only the `Origin` remains.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn own_forms_work_and_foreign_ones_do_not_over_plain_http() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(Setup { host: Some("coach.test"), ..DESKTOP }).await;
    let own = site.url("").replace("127.0.0.1", "coach.test");
    browser.driver.goto(format!("{own}/auth/login")).await.unwrap();
    browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
    browser.shows("h1", "Practice").await;
    browser.sign_out().await;
    browser.shows("h1", "Sign in").await;

    let port = trap_for(format!("{own}/auth/login")).await;
    browser.driver.goto(format!("http://coach.test:{port}/")).await.unwrap();
    browser.find("button").await.click().await.unwrap();
    browser.shows("h1", "Request from another site").await;
}
