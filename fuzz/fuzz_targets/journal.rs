//! A packed disk whose files are any bytes: opened, or refused; and what opened is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::storage::disk::packed::{Files, PackedDisk};
use ringscope::storage::Disk;
use ringscope_fuzz::AnyFile;

fuzz_target!(|input: &[u8]| {
    let Some((&[one, other], bytes)) = input.split_first_chunk() else {
        return;
    };
    let (journal, data) = bytes.split_at(bytes.len() * usize::from(one) / 256);
    let (first, second) = journal.split_at(journal.len() * usize::from(other) / 256);
    let file = |bytes: &[u8]| Box::new(AnyFile(bytes.to_vec()));
    let files = Files {
        data: file(data),
        journal: [file(first), file(second)],
    };
    let Ok(mut disk) = PackedDisk::open(files, 1) else {
        return;
    };
    let mut part = [0; 512];
    for file in disk.list().unwrap_or_default() {
        let _ = disk.read_at(&file.name, file.len.saturating_sub(100), &mut part);
        let _ = disk.append(&file.name, b"more");
        let _ = disk.sync(&file.name);
    }
});
