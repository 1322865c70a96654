//! Chromium, driven by WebDriver.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use coach_tests::PASSWORD;
use serde_json::{Value, json};
use tempfile::TempDir;

use thirtyfour::{
    CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel,
    PageLoadStrategy,
    prelude::{By, DesiredCapabilities, ElementQueryable, WebDriver, WebElement},
};

use crate::site::{EMAIL, Site};

/// A key in the browser's input events.
#[derive(Clone, Copy)]
pub struct Key {
    code: &'static str,
    text: &'static str,
    virtual_key: u32,
}

pub const TAB: Key = Key { code: "Tab", text: "", virtual_key: 9 };
pub const DOWN: Key = Key { code: "ArrowDown", text: "", virtual_key: 40 };
pub const ENTER: Key = Key { code: "Enter", text: "\r", virtual_key: 13 };
pub const ESCAPE: Key = Key { code: "Escape", text: "", virtual_key: 27 };
pub const SPACE: Key = Key { code: "Space", text: " ", virtual_key: 32 };

/// The time that an element may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// The settings of a browser.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    pub dark: bool,
    pub width: u32,
    pub scripts: bool,
    /// A host name that resolves to this machine.
    pub host: Option<&'static str>,
}

pub const DESKTOP: Setup = Setup { dark: false, width: 1280, scripts: true, host: None };
pub const WITHOUT_SCRIPTS: Setup = Setup { scripts: false, ..DESKTOP };

/// A browser with its own profile. Dropping it kills all its processes.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser that waits for pages to load completely.
    pub async fn open(setup: Setup) -> Self {
        Self::open_with(setup, PageLoadStrategy::Normal).await
    }

    /// Opens a browser that does not wait for the files of a page.
    pub async fn open_impatient(setup: Setup) -> Self {
        Self::open_with(setup, PageLoadStrategy::None).await
    }

    async fn open_with(setup: Setup, page_load: PageLoadStrategy) -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver must be installed; scripts/test installs it");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let profile = tempfile::tempdir().unwrap();
        let url = format!("http://127.0.0.1:{}", port.unwrap());
        let driver =
            WebDriver::new(url, capabilities(setup, profile.path(), page_load)).await.unwrap();
        let browser = Self { driver, process, _profile: profile };
        let scheme = if setup.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        browser.resize(setup.width).await;
        browser
    }

    pub async fn resize(&self, width: u32) {
        let metrics = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub async fn devtools(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    pub async fn visit(&self, site: &Site, path: &str) {
        self.driver.goto(site.url(path)).await.unwrap();
    }

    /// Returns the current path and query.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Waits for an element and returns it.
    pub async fn find(&self, selector: &str) -> WebElement {
        let interval = Duration::from_millis(20);
        let found = self.driver.query(By::Css(selector)).wait(PATIENCE, interval).first().await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let (path, page) = (self.path().await, self.driver.source().await.unwrap());
                panic!("no {selector} at {path}: {error}: {page}")
            }
        }
    }

    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.find(selector).await.focus().await.unwrap();
        let paste = async || self.devtools("Input.insertText", json!({"text": text})).await;
        self.until_typed(text, paste).await;
    }

    /// Types into the field that has the focus, key by key.
    pub async fn type_here(&self, text: &str) {
        let keys = async || self.driver.action_chain().send_keys(text).perform().await.unwrap();
        self.until_typed(text, keys).await;
    }

    /// Types until the field has the text, because a page drops input before its first paint.
    async fn until_typed(&self, text: &str, typing: impl AsyncFn()) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let select_all =
                self.driver.action_chain().key_down(thirtyfour::Key::Control).send_keys("a");
            select_all.key_up(thirtyfour::Key::Control).perform().await.unwrap();
            typing().await;
            let field = self.driver.active_element().await.unwrap();
            if field.value().await.unwrap().as_deref() == Some(text) {
                return;
            }
        }
        panic!("{text:?} cannot be typed at {}", self.path().await);
    }

    /// Presses a key in the focused element. WebDriver itself would press it twice if a new page loads in between.
    pub async fn press(&self, Key { code, text, virtual_key }: Key) {
        for kind in ["keyDown", "keyUp"] {
            let key = if text == " " { " " } else { code };
            let event = json!({
                "type": kind, "key": key, "code": code, "text": text, "windowsVirtualKeyCode": virtual_key,
            });
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses Tab until an element has the focus.
    pub async fn tab_to(&self, selector: &str) {
        for _ in 0..60 {
            if self.has_focus(selector).await {
                return;
            }
            self.press(TAB).await;
        }
        panic!("the keyboard does not reach {selector}");
    }

    pub async fn has_focus(&self, selector: &str) -> bool {
        let active = self.driver.active_element().await.unwrap();
        let found = self.driver.find_all(By::Css(selector)).await.unwrap();
        found.iter().any(|element| element.element_id() == active.element_id())
    }

    /// Waits until one of the elements contains this text.
    pub async fn shows(&self, selector: &str, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = Vec::new();
        while Instant::now() < deadline {
            shown.clear();
            for element in self.driver.find_all(By::Css(selector)).await.unwrap_or_default() {
                // An element that is being replaced has no text.
                shown.extend(element.text().await);
            }
            if shown.iter().any(|shown| shown.contains(text)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (path, page) = (self.path().await, self.text("body").await);
        panic!("no {text:?} in {selector}, which shows {shown:?} at {path}: {page}");
    }

    /// Waits until no element matches.
    pub async fn gone(&self, selector: &str) {
        let interval = Duration::from_millis(20);
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, interval);
        assert!(query.not_exists().await.unwrap(), "{selector} is still there");
    }

    /// Runs a script of the test, even if scripts of pages are switched off.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    pub async fn sign_in(&self, site: &Site) {
        self.visit(site, "/auth/login").await;
        self.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        self.find("#history").await;
    }

    /// Sets the session cookie, as another host of the domain can.
    pub async fn plant_session(&self, site: &Site, secret: &str) {
        let cookie = json!({"url": site.url("/"), "name": coach_tests::COOKIE, "value": secret});
        self.devtools("Network.setCookie", cookie).await;
    }

    /// Opens the menu of the header.
    pub async fn open_menu(&self) {
        self.find("[data-menu] summary").await.click().await.unwrap();
        self.find("[data-menu][open]").await;
    }

    pub async fn sign_out(&self) {
        self.open_menu().await;
        self.find("form[action='/auth/logout'] button").await.click().await.unwrap();
        self.shows("[data-notice]", "You are signed out.").await;
    }

    /// Fills the fields and presses Enter in the last one.
    pub async fn submit(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            self.fill(selector, text).await;
        }
        self.press(ENTER).await;
    }

    /// Submits a form that is accepted, and waits for the next page.
    pub async fn submit_to_next_page(&self, fields: &[(&str, &str)]) {
        self.run("document.documentElement.dataset.previous = ''").await;
        self.submit(fields).await;
        self.find("html:not([data-previous])").await;
    }

    pub async fn value(&self, selector: &str) -> String {
        self.find(selector).await.value().await.unwrap().unwrap_or_default()
    }

    /// Returns the warnings and errors of the browser, except those about the status of a response.
    pub async fn complaints(&self) -> Vec<String> {
        let mut entries = self.driver.browser_log().await.unwrap();
        entries.retain(|entry| {
            let is_status = entry.message.contains("the server responded with a status of");
            ["WARNING", "SEVERE"].contains(&&*entry.level) && !is_status
        });
        entries.into_iter().map(|entry| entry.message).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

fn capabilities(setup: Setup, profile: &Path, page_load: PageLoadStrategy) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_page_load_strategy(page_load).unwrap();
    let profile = format!("--user-data-dir={}", profile.display());
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--force-color-profile=srgb",
        &profile,
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    if let Some(host) = setup.host {
        let rule = format!("--host-resolver-rules=MAP {host} 127.0.0.1");
        capabilities.add_arg(&rule).unwrap();
    }
    if !setup.scripts {
        let preferences = json!({"profile.managed_default_content_settings.javascript": 2});
        capabilities.add_experimental_option("prefs", preferences).unwrap();
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    capabilities
}
