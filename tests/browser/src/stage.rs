//! What a test runs on: the built page on a host, browsers on demand, and nobody else at the same time.

use crate::browser::Browser;
use crate::site::{Policy, Site};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{Mutex, MutexGuard};

/// Two browsers at once would measure each other.
static TURN: Mutex<()> = Mutex::const_new(());

pub struct Stage {
    pub site: Site,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Serves `dist/` of the checkout.
    pub async fn enter(policy: Policy) -> Stage {
        Stage::enter_with(&built_page(), policy).await
    }

    /// Serves another folder.
    pub async fn enter_with(folder: &Path, policy: Policy) -> Stage {
        let turn = TURN.lock().await;
        Stage {
            site: Site::serve(folder, policy),
            _turn: turn,
        }
    }

    /// A browser nobody has used, on the page.
    pub async fn open(&self) -> Browser {
        self.open_at("").await
    }

    /// The same, with more in the address bar (`#fragment`).
    pub async fn open_at(&self, more: &str) -> Browser {
        self.open_again(Profile::fresh(), more).await
    }

    /// A browser that somebody has used before.
    pub async fn open_again(&self, profile: Profile, more: &str) -> Browser {
        let browser = Browser::launch(profile).await;
        browser.goto(&self.site.page(more)).await;
        browser
    }
}

/// Where `trunk build --release` has put the page.
pub fn built_page() -> PathBuf {
    let dist = root().join("dist");
    let is_release = dist.join("service-worker.js").exists();
    assert!(
        is_release,
        "no release page in {}: run `trunk build --release` first",
        dist.display()
    );
    dist
}

/// A browser's profile on disk, removed when dropped. (Private windows have slower storage and no service workers.)
pub struct Profile(PathBuf);

impl Profile {
    pub fn fresh() -> Profile {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "ringscope-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Profile(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this package lies in tests/browser")
}
