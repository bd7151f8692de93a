//! A browser to test in: Chromium and its driver, from the system's package manager where they are missing.

use crate::process::{Result, command, find, run};

/// A package manager's program, the steps that install Chromium with it, and whether they need root.
const PACKAGE_MANAGERS: [(&str, &[&[&str]], bool); 6] = [
    (
        "apt-get",
        &[
            &["update"],
            &[
                "install",
                "--yes",
                "--no-install-recommends",
                "chromium",
                "chromium-driver",
            ],
        ],
        true,
    ),
    ("dnf", &[&["install", "--assumeyes", "chromium", "chromedriver"]], true),
    ("pacman", &[&["--sync", "--noconfirm", "--needed", "chromium"]], true),
    (
        "zypper",
        &[&["--non-interactive", "install", "chromium", "chromedriver"]],
        true,
    ),
    ("apk", &[&["add", "chromium", "chromium-chromedriver"]], true),
    (
        "brew",
        &[&["install", "--cask", "google-chrome", "chromedriver"]],
        false,
    ),
];

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const BROWSER_ON_MACOS: &str = "/Applications/Google Chrome.app";

/// Makes sure that there is a browser and its driver.
pub fn ensure() -> Result<()> {
    if is_present() {
        return Ok(());
    }
    let by_hand = "tests in a browser need Chromium (or Chrome) and a chromedriver of the same version on the PATH";
    let Some((manager, steps, needs_root)) = PACKAGE_MANAGERS.iter().find(|(manager, ..)| find(manager).is_some())
    else {
        return Err(format!(
            "{by_hand}: install both, there is no package manager here that is known to have them"
        ));
    };
    for step in *steps {
        let as_root = *needs_root && !is_root() && find("sudo").is_some();
        let (program, before) = if as_root {
            ("sudo", Some(*manager))
        } else {
            (*manager, None)
        };
        let words: Vec<&str> = before.into_iter().chain(step.iter().copied()).collect();
        println!("Installing a browser for the tests: {program} {}", words.join(" "));
        let mut install = command(program, words);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        run(install).map_err(|error| format!("{error}. {by_hand}: install both"))?;
    }
    if is_present() {
        Ok(())
    } else {
        Err(format!(
            "{manager} installed no chromedriver or browser that is found. {by_hand}"
        ))
    }
}

fn is_present() -> bool {
    let browser =
        BROWSERS.iter().any(|browser| find(browser).is_some()) || std::fs::exists(BROWSER_ON_MACOS).unwrap_or(false);
    browser && find("chromedriver").is_some()
}

fn is_root() -> bool {
    crate::process::first_line("id", &["-u"]).as_deref() == Some("0")
}
