//! A chromedriver of one's own, on a port it chooses, gone with everything it started when dropped.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    pub fn start() -> Driver {
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{program}: {error}. `cargo xtask test` installs it, or says what to install")
            });
        let lines = BufReader::new(process.stdout.take().expect("stdout is piped"))
            .lines()
            .map_while(Result::ok);
        // "ChromeDriver was started successfully on port 39999."
        let mut ports = lines.filter_map(|line| line.strip_suffix('.')?.rsplit_once("on port ")?.1.parse().ok());
        let port = ports.next().expect("chromedriver says which port it listens on");
        Driver { process, port }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    /// Asks it to close its browsers, which killing it would leave behind.
    fn drop(&mut self) {
        let ask = || -> std::io::Result<()> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            write!(
                stream,
                "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            )?;
            stream.read_to_end(&mut Vec::new()).map(|_| ())
        };
        if ask().is_err() {
            self.process.kill().ok();
        }
        self.process.wait().ok();
    }
}

/// webdriver.json's options, which the tests in WebAssembly use too, with a profile on disk and the console's log.
pub fn capabilities(profile: &Path, root: &Path, more: &[&str]) -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(root.join("webdriver.json")).expect("webdriver.json is in the checkout's root");
    let mut capabilities: Value = serde_json::from_str(&text).expect("webdriver.json is JSON");
    let arguments = capabilities["goog:chromeOptions"]["args"]
        .as_array_mut()
        .expect("webdriver.json lists Chromium's arguments");
    arguments.push(json!(format!("--user-data-dir={}", profile.display())));
    arguments.extend(more.iter().map(|argument| json!(argument)));
    arguments.push(json!("--window-size=1280,900"));
    arguments.push(json!("--force-device-scale-factor=1"));
    capabilities["goog:loggingPrefs"] = json!({"browser": "ALL"});
    capabilities
        .as_object()
        .cloned()
        .expect("webdriver.json holds an object")
}
