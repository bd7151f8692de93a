//! `cargo xtask learn-rest`: builds the page in one piece, lets a browser run what a page's first statements are, and writes down
//! what of the program that did not need.

use crate::process::{Result, command, root, run};
use crate::{browser, dist, parts, tools};
use std::fs;
use std::path::{Path, PathBuf};

const LIST: &str = "xtask/src/parts/rest.txt";

pub fn learn_rest() -> Result<()> {
    tools::ensure_all()?;
    browser::ensure()?;
    let (page, notes) = (root().join("target/whole"), root().join("target/tour"));
    fs::remove_dir_all(&notes).ok();
    fs::create_dir_all(&notes).map_err(|error| format!("{}: {error}", notes.display()))?;
    let (page_text, notes_text) = (page.display().to_string(), notes.display().to_string());
    let mut build = command("trunk", ["build", "--release", "--dist", &page_text]);
    build.env(dist::WHOLE, "1");
    run(build)?;
    let package = ["run", "--quiet", "--package", "browser-tests", "--bin", "tour", "--"];
    let mut tour = command("cargo", package.into_iter().chain([&*page_text, &*notes_text]));
    // V8 leaves logs where it runs.
    tour.current_dir(&notes);
    run(tour)?;
    let program = files(&page)?
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "wasm"));
    let program = read(&program.ok_or("trunk built no program")?)?;
    let mut maps = Vec::new();
    for map in files(&notes)? {
        maps.push(String::from_utf8_lossy(&read(&map)?).into_owned());
    }
    let list = parts::learn(&program, &maps)?;
    fs::write(root().join(LIST), list).map_err(|error| format!("{LIST}: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}
