//! UI: Yew components and one reducer. Speaks to playground types and `web`, never to a node.
//!
//! What can be said without a browser (state, layout, words) stands here and is tested natively; `page` holds the components.

pub mod axis;
pub mod geometry;
pub mod glyph;
pub mod keys;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod plot;
pub mod recall;
pub mod samples;
pub mod scene;
pub mod shared;
pub mod state;
pub mod text;
pub mod transcript;
pub mod words;
