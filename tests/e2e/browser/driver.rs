//! Chromium behind its driver, one for each test, with what a test of a page asks of it. The driver speaks WebDriver (W3C):
//! JSON over HTTP.

use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::world::root;

/// Widths at which pages are looked at, CSS pixels.
pub(crate) const WIDTHS: [u32; 2] = [360, 1920];
/// Longest wait for something that the page is to show.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const BLINK: Duration = Duration::from_millis(40);
/// Under this name the protocol hands elements over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The key Enter of the protocol.
pub(crate) const ENTER: &str = "\u{e007}";

/// Starts a driver; its process and port. A port that is free in IPv4 and taken in IPv6 ends it: then it is tried again.
async fn driver() -> (Child, String) {
    let mut said = String::new();
    for _ in 0..5 {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver cannot be started: run the tests with `cargo xtask test`");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        said.clear();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let port = port.trim_end_matches('.').to_owned();
                // Read on: it ends when it cannot say something.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                let mut errors = BufReader::new(process.stderr.take().unwrap()).lines();
                tokio::spawn(async move { while let Ok(Some(_)) = errors.next_line().await {} });
                return (process, port);
            }
            said.push_str(&line);
            said.push('\n');
        }
        process.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    }
    panic!("chromedriver ends before it serves:\n{said}");
}

/// A browser with a profile of its own.
pub(crate) struct Browser {
    address: String,
    /// The driver's address and the session in it.
    session: String,
    http: reqwest::Client,
    _process: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one that looks at a host.
    pub(crate) async fn start(address: &str) -> Self {
        let (process, port) = driver().await;
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-dev-shm-usage".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--hide-scrollbars".into(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "unhandledPromptBehavior": "ignore",
        }}});
        let http = reqwest::Client::new();
        let driver = format!("http://127.0.0.1:{port}/session");
        let answer = http.post(&driver).json(&capabilities).send().await.unwrap().json::<Value>().await.unwrap();
        let id =
            answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("chromium cannot be started: {answer}"));
        let browser = Self {
            address: address.to_owned(),
            session: format!("{driver}/{id}"),
            http,
            _process: process,
            _profile: profile,
        };
        browser.scheme("light").await;
        browser.width(1920).await;
        browser
    }

    /// A command of the protocol: its value, or the kind of error.
    async fn command(&self, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}/{path}", self.session);
        let request = match body {
            Some(body) => self.http.post(url).json(&body),
            None => self.http.get(url),
        };
        let answer = request.send().await.unwrap();
        let (status, value) = (answer.status(), answer.json::<Value>().await.unwrap()["value"].take());
        if status.is_success() { Ok(value) } else { Err(value.to_string().chars().take(2_000).collect()) }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command(path, Some(body)).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A command of Chrome's own protocol.
    pub(crate) async fn chrome(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// Sets the width of the view, CSS pixels.
    pub(crate) async fn width(&self, width: u32) {
        let size = json!({"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
        self.chrome("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the system says of light and dark. It asks for no motion: a colour on its way to another is no colour of the page.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.chrome("Emulation.setEmulatedMedia", features).await;
    }

    /// Opens a page by its path.
    pub(crate) async fn open(&self, path: &str) {
        self.post("url", json!({"url": format!("{}{path}", self.address)})).await;
    }

    /// Path and query of the page.
    pub(crate) async fn path(&self) -> String {
        self.run("return location.pathname + location.search").await.as_str().unwrap_or_default().to_owned()
    }

    /// The browser's button of that name: `back`, `forward`, `refresh`.
    pub(crate) async fn button(&self, name: &str) {
        self.post(name, json!({})).await;
    }

    /// An element, waited for: its address in the protocol.
    async fn find(&self, css: &str) -> String {
        let start = Instant::now();
        let mut last = String::new();
        while start.elapsed() < PATIENCE {
            match self.command("element", Some(json!({"using": "css selector", "value": css}))).await {
                Ok(element) => return format!("element/{}", element[ELEMENT].as_str().unwrap()),
                Err(error) => last = error,
            }
            tokio::time::sleep(BLINK).await;
        }
        panic!("{css}: {last}; the page {} says:\n{}", self.path().await, self.text().await);
    }

    /// Waits until a chart is drawn.
    pub(crate) async fn find_canvas(&self) {
        self.find("[data-chart] canvas").await;
    }

    /// How many elements there are now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        let found = self.post("elements", json!({"using": "css selector", "value": css})).await;
        found.as_array().unwrap().len()
    }

    /// The visible text of the page.
    pub(crate) async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says something.
    pub(crate) async fn says(&self, part: &str) {
        let start = Instant::now();
        let mut text = String::new();
        while start.elapsed() < PATIENCE {
            text = self.text().await;
            if text.contains(part) {
                return;
            }
            tokio::time::sleep(BLINK).await;
        }
        panic!("{} does not say «{part}»:\n{text}", self.path().await);
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []})).await
    }

    /// Types into a field, instead of what is there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        self.post(&format!("{field}/clear"), json!({})).await;
        self.post(&format!("{field}/value"), json!({"text": text})).await;
    }

    /// Chooses an option of a select by its value.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value='{value}']")).await;
    }

    /// Clicks.
    pub(crate) async fn click(&self, css: &str) {
        self.run("window.stillHere = true").await;
        let element = self.find(css).await;
        // The driver would click before a smooth scroll ends.
        let id = element.trim_start_matches("element/");
        let script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
        self.post("execute/sync", json!({"script": script, "args": [{ELEMENT: id}]})).await;
        self.post(&format!("{element}/click"), json!({})).await;
    }

    /// Clicks something that leads to another page, and waits for it.
    pub(crate) async fn follow(&self, css: &str) {
        self.click(css).await;
        self.arrived().await;
    }

    /// Waits until the page that was marked by the last click is gone and the next is loaded.
    pub(crate) async fn arrived(&self) {
        let there = json!({"script": "return !window.stillHere && document.readyState === 'complete'", "args": []});
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.command("execute/sync", Some(there.clone())).await == Ok(Value::Bool(true)) {
                return;
            }
            tokio::time::sleep(BLINK).await;
        }
        panic!("{} leads nowhere:\n{}", self.path().await, self.text().await);
    }

    /// Presses keys on the page, where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.run("window.stillHere = true").await;
        let active = self.command("element/active", None).await.unwrap();
        let element = active[ELEMENT].as_str().unwrap();
        self.post(&format!("element/{element}/value"), json!({"text": keys})).await;
    }

    /// Says yes to what the page asks.
    pub(crate) async fn accept(&self) {
        self.post("alert/accept", json!({})).await;
    }

    /// Signs in on the sign-in page.
    pub(crate) async fn sign_in(&self, login: &str, password: &str) {
        self.open("/sign-in").await;
        self.fill("#login", login).await;
        self.fill("#password", password).await;
        self.follow("main form[action='/sign-in'] button").await;
    }

    /// Nothing was said on the console since the last look, and nothing was refused by the policy. `expected` are
    /// parts of lines that a test provokes itself: the browser notes each answer of 4xx.
    pub(crate) async fn is_quiet(&self, expected: &[&str]) {
        let log = self.post("se/log", json!({"type": "browser"})).await;
        let lines: Vec<&str> = log.as_array().unwrap().iter().filter_map(|line| line["message"].as_str()).collect();
        let odd: Vec<_> = lines.iter().filter(|line| !expected.iter().any(|part| line.contains(part))).collect();
        assert!(odd.is_empty(), "{}: the console says {odd:#?}", self.path().await);
    }

    /// axe-core finds no violation of WCAG 2.2 AA.
    pub(crate) async fn is_accessible(&self) {
        let path = root().join("host/web/assets/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{} is missing: run the tests with `cargo xtask test`", path.display()));
        self.run(&format!("{axe}; window.axe = axe;")).await;
        let script = "const done = arguments[arguments.length - 1]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', \
                      'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => done(r.violations), e => done(String(e)));";
        let found = self.post("execute/async", json!({"script": script, "args": []})).await;
        let violations = found.as_array().unwrap_or_else(|| panic!("axe-core failed: {found}"));
        let told: Vec<String> = violations
            .iter()
            .map(|one| {
                let nodes = one["nodes"].as_array().unwrap();
                let places: Vec<String> =
                    nodes.iter().take(5).map(|node| format!("{} {}", node["html"], node["failureSummary"])).collect();
                format!("{}: {}\n  {}", one["id"], one["help"], places.join("\n  "))
            })
            .collect();
        assert!(told.is_empty(), "{}:\n{}", self.path().await, told.join("\n"));
    }

    /// The page does not scroll sideways.
    pub(crate) async fn fits(&self) {
        let sizes =
            self.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]").await;
        let (wide, view) = (sizes[0].as_u64().unwrap(), sizes[1].as_u64().unwrap());
        if wide > view {
            let widest = "return [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && \
                          e.getBoundingClientRect().right > document.documentElement.clientWidth).map(e => e.outerHTML.slice(0, 200))";
            let widest = self.run(widest).await;
            panic!("{}: {wide} px wide in a view of {view} px: {widest:#}", self.path().await);
        }
    }

    /// Looks at the page at both widths, light and dark: it fits, axe-core finds nothing, and pictures of the whole page
    /// are in `target/screenshots/NAME-WIDTH-SCHEME.png`.
    pub(crate) async fn look(&self, name: &str) {
        let folder = root().join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        for scheme in ["light", "dark"] {
            self.scheme(scheme).await;
            for width in WIDTHS {
                self.width(width).await;
                self.fits().await;
                self.is_accessible().await;
                let shot = json!({"format": "png", "captureBeyondViewport": true});
                let picture = self.chrome("Page.captureScreenshot", shot).await;
                let bytes = base64::prelude::BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
                std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), bytes).unwrap();
            }
        }
        self.scheme("light").await;
        self.width(1920).await;
    }
}
