//! A commit log whose last segment is any bytes, behind one that is sound or not: replayed, cut at its torn tail, or named as damaged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::storage::commitlog::replay;
use ringscope::storage::{Disk, MemoryDisk};

fuzz_target!(|input: &[u8]| {
    let Some((split, bytes)) = input.split_first() else {
        return;
    };
    let (first, second) = bytes.split_at(bytes.len() * usize::from(*split) / 256);
    let mut disk = MemoryDisk::new();
    for (name, bytes) in [("CommitLog-1-1.log", first), ("CommitLog-1-2.log", second)] {
        disk.create(name).expect("a new file");
        disk.append(name, bytes).expect("room for it");
    }
    if replay(&mut disk, |_, _| {}).is_ok() {
        // What was cut off stays off.
        let again = replay(&mut disk, |_, _| {}).expect("what was replayed once is sound");
        assert_eq!(again.torn, None);
    }
});
