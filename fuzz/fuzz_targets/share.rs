//! Any bytes as what a share link holds, with the version and the checksum that a link of this program would have; and any text as a
//! link. What opens as a run is shared again as the same run.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::playground::share::{from_link, link_of, to_link};

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = core::str::from_utf8(input) {
        let _ = from_link(text);
    }
    if let Ok(recording) = from_link(&link_of(input)) {
        let link = to_link(&recording).expect("what came from a link fits one");
        assert_eq!(from_link(&link).ok().as_ref(), Some(&recording));
    }
});
