//! Chromium, as a person has set it up.

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

/// A key as the browser's own input events have it.
#[derive(Clone, Copy)]
pub struct Key {
    code: &'static str,
    text: &'static str,
    virtual_key: u32,
}

pub const TAB: Key = Key { code: "Tab", text: "", virtual_key: 9 };
pub const ENTER: Key = Key { code: "Enter", text: "\r", virtual_key: 13 };
pub const SPACE: Key = Key { code: "Space", text: " ", virtual_key: 32 };

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a person's browser is like.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    pub dark: bool,
    pub width: u32,
    pub scripts: bool,
    /// Names of hosts that this machine answers to.
    pub host: Option<&'static str>,
}

pub const DESKTOP: Setup = Setup { dark: false, width: 1280, scripts: true, host: None };
pub const WITHOUT_SCRIPTS: Setup = Setup { scripts: false, ..DESKTOP };

/// A browser with a profile of its own. It is gone, with all its processes, when this goes out of scope.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Waits for pages to load all that they name.
    pub async fn open(setup: Setup) -> Self {
        Self::open_with(setup, PageLoadStrategy::Normal).await
    }

    /// Waits for the page itself, and not for what it loads.
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
            .expect("chromedriver is installed: scripts/test does it");
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

    /// The path that is shown.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The element, as soon as it is there.
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

    /// Puts a text into a field, in place of what is there.
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

    /// A page that is not yet painted drops what is typed, as it does a person's, who types again.
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

    /// Presses a key, wherever the focus is. Not by WebDriver, whose driver presses once more when a page comes in between.
    pub async fn press(&self, Key { code, text, virtual_key }: Key) {
        for kind in ["keyDown", "keyUp"] {
            let key = if text == " " { " " } else { code };
            let event = json!({
                "type": kind, "key": key, "code": code, "text": text, "windowsVirtualKeyCode": virtual_key,
            });
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses Tab until an element has the focus, as somebody without a mouse does.
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

    /// Waits until one of the elements shows this text.
    pub async fn shows(&self, selector: &str, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = Vec::new();
        while Instant::now() < deadline {
            shown.clear();
            for element in self.driver.find_all(By::Css(selector)).await.unwrap_or_default() {
                // What is just being replaced counts for nothing.
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

    /// Waits until there is no such element.
    pub async fn gone(&self, selector: &str) {
        let interval = Duration::from_millis(20);
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, interval);
        assert!(query.not_exists().await.unwrap(), "{selector} is still there");
    }

    /// Runs a script of the test's own. It works where the page's scripts are switched off.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    pub async fn log_in(&self, site: &Site) {
        self.visit(site, "/auth/login").await;
        self.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        self.find("#account").await;
    }

    /// Fills the form in and submits it by Enter.
    pub async fn submit(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            self.fill(selector, text).await;
        }
        self.press(ENTER).await;
    }

    /// What the browser complained about, but for the statuses of answers: a refusal is no defect of the page.
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
