//! A dropped archive of any bytes is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::storage::sstable::archive::unpack;

fuzz_target!(|input: &[u8]| {
    if let Ok(files) = unpack("any.tar", input) {
        let all: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(all <= input.len(), "files are parts of their archive");
    }
});
