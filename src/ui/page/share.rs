//! A link to this run: into the address bar, and onto the clipboard where the browser lets it.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::window;

use crate::playground::api::{Notice, NoticeKind, ShareLink};

/// Takes the link the engine made, or why there is none; says what became of it.
pub fn publish(link: Result<ShareLink, String>, say: impl Fn(Notice) + 'static) {
    let refused = |text: String| Notice {
        kind: NoticeKind::Refused,
        text,
    };
    let fragment = match link {
        Ok(link) => link.fragment,
        Err(why) => return say(refused(format!("There is no link to this run: {why}"))),
    };
    let Some(window) = window() else { return };
    let shown = window.history().and_then(|history| {
        let address = format!("#{fragment}");
        history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address))
    });
    if shown.is_err() {
        return say(refused("The browser does not let the address be changed here.".into()));
    }
    spawn_local(async move {
        let address = window.location().href().unwrap_or_default();
        // Absent outside of secure contexts.
        let clipboard =
            js_sys::Reflect::get(&window.navigator(), &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
        let copied = clipboard
            && JsFuture::from(window.navigator().clipboard().write_text(&address))
                .await
                .is_ok();
        let text = if copied {
            "A link to this run is on the clipboard and in the address bar."
        } else {
            "A link to this run is in the address bar."
        };
        say(Notice {
            kind: NoticeKind::Information,
            text: text.into(),
        });
    });
}
