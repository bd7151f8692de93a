//! One browser window and what a test does with it. Every wait has an end, and says what it waited for.

use crate::driver::{Driver, capabilities};
use crate::stage::{Profile, root};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Far more than anything should take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub struct Browser {
    pub client: Client,
    // Dropped in this order: the driver closes the browser, which then no longer needs its profile.
    _driver: Driver,
    profile: Profile,
}

/// A line of the browser's console.
#[derive(Debug)]
pub struct Entry {
    pub level: String,
    pub message: String,
}

impl Browser {
    pub async fn launch(profile: Profile) -> Browser {
        Browser::launch_with(profile, &[]).await
    }

    /// With more arguments for Chromium.
    pub async fn launch_with(profile: Profile, arguments: &[&str]) -> Browser {
        let driver = Driver::start();
        let capabilities = capabilities(profile.path(), root(), arguments);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder
            .capabilities(capabilities)
            .connect(&driver.address())
            .await
            .expect("chromedriver starts a browser");
        Browser {
            client,
            _driver: driver,
            profile,
        }
    }

    /// Closes the tab and the browser as a person does.
    pub async fn close(self) -> Profile {
        self.client.clone().close().await.expect("the browser closes");
        self.profile
    }

    /// Kills the browser's process, in the middle of whatever it does.
    pub fn kill(self) -> Profile {
        let process = self.client.capabilities().and_then(|it| it["goog:processID"].as_u64());
        let process = process.expect("chromedriver tells the browser's process");
        let killed = std::process::Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status();
        assert!(killed.expect("there is a `kill`").success());
        self.profile
    }

    pub async fn goto(&self, address: &str) {
        self.client
            .goto(address)
            .await
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    pub async fn reload(&self) {
        self.client.refresh().await.expect("the page reloads");
    }

    /// Runs JavaScript; `return` gives the value back.
    pub async fn script(&self, script: &str) -> Value {
        self.client
            .execute(script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs JavaScript with `await` in it.
    pub async fn script_async(&self, script: &str) -> Value {
        let wrapped = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, error => done(`failed: ${{error}}`))"
        );
        self.client
            .execute_async(&wrapped, vec![])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until an expression of JavaScript is true, and tells how long that took.
    pub async fn wait_until(&self, expression: &str) -> Duration {
        let started = Instant::now();
        while self.script(&format!("return Boolean({expression})")).await != Value::Bool(true) {
            if started.elapsed() > PATIENCE {
                self.give_up(&format!("`{expression}` did not come true")).await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        started.elapsed()
    }

    /// The same for an expression with `await` in it.
    pub async fn wait_until_async(&self, expression: &str) -> Duration {
        let started = Instant::now();
        while self.script_async(&format!("return Boolean({expression})")).await != Value::Bool(true) {
            if started.elapsed() > PATIENCE {
                self.give_up(&format!("`{expression}` did not come true")).await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        started.elapsed()
    }

    /// Waits until an element is there.
    pub async fn element(&self, css: &str) -> Element {
        match self
            .client
            .wait()
            .at_most(PATIENCE)
            .every(LOOK_AGAIN)
            .for_element(Locator::Css(css))
            .await
        {
            Ok(element) => element,
            Err(error) => self.give_up(&format!("no element `{css}` came: {error}")).await,
        }
    }

    pub async fn click(&self, css: &str) {
        let element = self.element(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("click on `{css}`: {error}"));
    }

    /// Types into an element; `Key`s go in as characters.
    pub async fn type_into(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        element
            .send_keys(text)
            .await
            .unwrap_or_else(|error| panic!("typing into `{css}`: {error}"));
    }

    /// All the text a person sees.
    pub async fn text(&self) -> String {
        self.script("return document.body.innerText")
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until a person sees this text.
    pub async fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("document.body.innerText.includes({})", Value::from(text)))
            .await;
    }

    /// The console since the last look.
    pub async fn console(&self) -> Vec<Entry> {
        let log = self
            .client
            .issue_cmd(Endpoint {
                path: "se/log",
                body: json!({"type": "browser"}),
            })
            .await;
        let log = log.expect("chromedriver hands out the console");
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let entries = log.as_array().into_iter().flatten();
        entries
            .map(|entry| Entry {
                level: text(entry, "level"),
                message: text(entry, "message"),
            })
            .collect()
    }

    /// The page must not have complained.
    pub async fn expect_quiet_console(&self) {
        let complaints: Vec<Entry> = self
            .console()
            .await
            .into_iter()
            .filter(|entry| ["SEVERE", "WARNING"].contains(&entry.level.as_str()))
            .collect();
        assert!(complaints.is_empty(), "the console says: {complaints:#?}");
    }

    /// The size of what is shown, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// What the person's system asks for, as in `("prefers-color-scheme", "dark")`.
    pub async fn prefer(&self, features: &[(&str, &str)]) {
        let features: Vec<Value> = features
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
    }

    /// One command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        let answer = self
            .client
            .issue_cmd(Endpoint {
                path: "goog/cdp/execute",
                body,
            })
            .await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Writes what is shown to target/screenshots/NAME.png.
    pub async fn screenshot(&self, name: &str) {
        let folder = root().join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("target/ can be written");
        let png = self.client.screenshot().await.expect("the window can be drawn");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("target/screenshots can be written");
    }

    async fn give_up(&self, why: &str) -> ! {
        self.screenshot("given-up").await;
        panic!(
            "{why} within {PATIENCE:?}.\nThe page shows: {}\nThe console says: {:#?}\nSee target/screenshots/given-up.png",
            self.text().await,
            self.console().await
        );
    }
}

/// A command of chromedriver that WebDriver does not have.
#[derive(Debug)]
struct Endpoint {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Endpoint {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
