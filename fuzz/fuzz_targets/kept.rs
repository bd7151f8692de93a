//! The hub's file of any bytes: what it holds is told, and what is saved next is found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::playground::remote::{Found, KeptFile};
use ringscope_fuzz::AnyFile;

fuzz_target!(|input: &[u8]| {
    if let Ok((mut file, Found::Kept(kept))) = KeptFile::open(Box::new(AnyFile(input.to_vec()))) {
        let _ = file.save(&kept);
    }
});
