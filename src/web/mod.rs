//! Web: wasm only. The two worker roles, the page driver, and the JavaScript edge.
