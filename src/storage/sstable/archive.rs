//! Files in one file: as much of POSIX's `ustar` form of tar as the files of SSTables need.

use crate::storage::StorageError;

const BLOCK_BYTES: usize = 512;
/// Where a header's fields lie.
const NAME: core::ops::Range<usize> = 0..100;
const SIZE: core::ops::Range<usize> = 124..136;
const CHECKSUM: core::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const PREFIX: core::ops::Range<usize> = 345..500;

/// One archive of `files`, written at `at_seconds`.
pub fn pack(files: &[(String, Vec<u8>)], at_seconds: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        out.extend(header(name, bytes.len(), at_seconds));
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(BLOCK_BYTES), 0);
    }
    out.resize(out.len() + 2 * BLOCK_BYTES, 0);
    out
}

fn header(path: &str, size: usize, at_seconds: u64) -> [u8; BLOCK_BYTES] {
    let mut header = [0; BLOCK_BYTES];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    // Names of keyspaces, tables and components are shorter than these fields.
    debug_assert!(name.len() <= NAME.len() && folder.len() <= PREFIX.len(), "{path}");
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(NAME.start, &name.as_bytes()[..name.len().min(NAME.len())]);
    put(PREFIX.start, &folder.as_bytes()[..folder.len().min(PREFIX.len())]);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(SIZE.start, format!("{size:011o}\0").as_bytes());
    put(136, format!("{:011o}\0", at_seconds & 0o77_777_777_777).as_bytes());
    put(CHECKSUM.start, b"        ");
    put(KIND, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// The files of an archive. `called` is its own name, for errors.
pub fn unpack<'a>(called: &str, bytes: &'a [u8]) -> Result<Vec<(String, &'a [u8])>, StorageError> {
    let corrupt = |offset: usize, what: &str| StorageError::Corrupt {
        file: called.to_owned(),
        offset: offset as u64,
        what: what.to_owned(),
    };
    let (mut at, mut files, mut long_name) = (0, Vec::new(), None);
    while let Some(header) = bytes.get(at..at + BLOCK_BYTES) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let sum = header
            .iter()
            .enumerate()
            .map(|(at, byte)| match CHECKSUM.contains(&at) {
                true => u32::from(b' '),
                false => u32::from(*byte),
            });
        if octal(&header[CHECKSUM]) != Some(u64::from(sum.sum::<u32>())) {
            return Err(corrupt(at, "this is no tar, or it is damaged"));
        }
        let size = octal(&header[SIZE]).and_then(|size| usize::try_from(size).ok());
        let from = at + BLOCK_BYTES;
        let until = size.and_then(|size| from.checked_add(size));
        let inside = until.and_then(|until| bytes.get(from..until));
        let (Some(inside), Some(until)) = (inside, until) else {
            return Err(corrupt(at, "the file in it ends too early"));
        };
        match header[KIND] {
            b'0' | 0 => {
                let name = long_name.take().unwrap_or_else(|| name_of(header));
                files.push((name.trim_start_matches("./").to_owned(), inside));
            }
            // GNU's and POSIX's ways to say a name that does not fit.
            b'L' => long_name = Some(text(inside)),
            b'x' => long_name = path_of(inside).or(long_name),
            _ => long_name = None,
        }
        at = until.next_multiple_of(BLOCK_BYTES);
    }
    match files.is_empty() {
        true => Err(corrupt(0, "there is no file in it")),
        false => Ok(files),
    }
}

fn name_of(header: &[u8]) -> String {
    let (name, is_ustar) = (text(&header[NAME]), header[257..].starts_with(b"ustar\0"));
    match text(&header[PREFIX]) {
        folder if is_ustar && !folder.is_empty() => format!("{folder}/{name}"),
        _ => name,
    }
}

/// The name in a header that goes before another: lines of a length, a key and a value.
fn path_of(lines: &[u8]) -> Option<String> {
    let lines = core::str::from_utf8(lines).ok()?;
    let path = lines
        .lines()
        .find_map(|line| line.split_once(' ')?.1.strip_prefix("path="));
    path.map(str::to_owned)
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    u64::from_str_radix(text(field).trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            files in prop::collection::vec(("[a-z]{1,90}/[a-z]{1,90}", prop::collection::vec(any::<u8>(), 0..2000)), 1..6),
            damage in any::<(prop::sample::Index, u8)>(),
        ) {
            let mut archive = pack(&files, 1_790_000_000);
            prop_assert_eq!(archive.len() % BLOCK_BYTES, 0);
            let found = unpack("a.tar", &archive).unwrap();
            let found: Vec<(String, Vec<u8>)> = found.into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect();
            prop_assert_eq!(found, files);
            // Whatever the bytes are, there is an answer.
            let at = damage.0.index(archive.len());
            archive[at] = damage.1;
            let _ = unpack("a.tar", &archive);
            let _ = unpack("a.tar", &archive[..at]);
        }
    }

    #[test]
    fn what_is_no_tar_is_said_to_be_none() {
        let error = unpack("a.tar", &[7; 1024]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.tar is corrupt at byte 0: this is no tar, or it is damaged"
        );
        assert!(unpack("a.tar", b"").unwrap_err().to_string().contains("no file in it"));
    }

    #[test]
    fn tar_reads_what_is_packed_and_what_tar_packs_is_read() {
        let folder = std::env::temp_dir().join(format!("ringscope-archive-{}", std::process::id()));
        let inner = format!("ks/{}", "t".repeat(90));
        std::fs::create_dir_all(folder.join(&inner)).unwrap();
        let file = format!("{inner}/nb-1-big-Data.db");
        std::fs::write(folder.join("one.tar"), pack(&[(file.clone(), b"rows".to_vec())], 0)).unwrap();
        let tar = |arguments: &[&str]| {
            let run = std::process::Command::new("tar")
                .args(arguments)
                .current_dir(&folder)
                .status();
            assert!(run.unwrap().success());
        };
        tar(&["-xf", "one.tar"]);
        assert_eq!(std::fs::read(folder.join(&file)).unwrap(), b"rows");
        for form in ["gnu", "pax", "ustar"] {
            tar(&["-cf", "other.tar", "--format", form, "./ks"]);
            let bytes = std::fs::read(folder.join("other.tar")).unwrap();
            let found = unpack("other.tar", &bytes).unwrap();
            assert_eq!(found, [(file.clone(), &b"rows"[..])], "{form}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
