//! The built page in a real browser, as a person meets it: a static host, a fresh profile, clicks and keys.
//!
//! Knows chromedriver, a static file server and what a test may ask of a page. Does not know Ringscope's code: it sees `dist/`
//! as `trunk build --release` left it, so build that first (`cargo xtask test` does).

mod browser;
mod driver;
mod site;
mod stage;

pub use browser::{Browser, Entry};
pub use site::{Policy, Site};
pub use stage::{Profile, Stage, built_page};
