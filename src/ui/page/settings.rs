//! What the page remembers for its reader between visits.

use web_sys::{Storage, window};

use crate::ui::recall::Recall;
use crate::ui::state::Theme;

const THEME: &str = "ringscope.theme";
const DRAWER: &str = "ringscope.drawer-height";
const INPUTS: &str = "ringscope.inputs";
/// Between two inputs, which have several lines themselves: ASCII's record separator.
const BETWEEN: char = '\u{1e}';
/// Bytes of inputs kept; the oldest go first.
const MOST_BYTES: usize = 64 * 1024;

/// Refused in some private windows and embeddings: then nothing is remembered.
fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // Full: the next visit begins as the first did.
        let _ = storage.set_item(key, value);
    }
}

pub fn theme() -> Theme {
    match read(THEME).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

/// Remembers a theme and shows it.
pub fn set_theme(theme: Theme) {
    let name = match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    write(THEME, name);
    if let Some(root) = window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element())
    {
        // Fails for an invalid name only.
        let _ = root.set_attribute("data-theme", name);
    }
}

pub fn drawer_height() -> Option<u32> {
    read(DRAWER)?.parse().ok()
}

pub fn set_drawer_height(height: u32) {
    write(DRAWER, &height.to_string());
}

pub fn recall() -> Recall {
    let inputs = read(INPUTS).unwrap_or_default();
    Recall::new(
        inputs
            .split(BETWEEN)
            .filter(|input| !input.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

pub fn set_recall(recall: &Recall) {
    let mut bytes = 0;
    let newest_first = recall.inputs().iter().rev().take_while(|input| {
        bytes += input.len();
        bytes <= MOST_BYTES
    });
    let mut kept: Vec<&str> = newest_first.map(String::as_str).collect();
    kept.reverse();
    write(INPUTS, &kept.join(&BETWEEN.to_string()));
}
