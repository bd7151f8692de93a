//! Share links: a recording as the fragment of an address. Version, then base64url of: checksum, compressed encoding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::record::{Recording, RunError};
use crate::base::{codec, crc32};

/// Goes up whenever the encoding or the meaning of a recording changes.
pub const VERSION: u32 = 1;

/// Stands before the version, so that a foreign fragment is known as one.
const PREFIX: &str = "run";
const SEPARATOR: char = '.';

/// Longer links are cut off by what carries them: mail programs, chats, some servers' logs.
pub const MAX_LINK_BYTES: usize = 32 * 1024;

/// A small link must not unfold into all of a page's memory.
const MAX_DECODED_BYTES: usize = 4 * 1024 * 1024;

/// zlib's levels go to 9; 8 is miniz_oxide's last before it searches exhaustively.
const COMPRESSION_LEVEL: u8 = 8;

const CHECKSUM_BYTES: usize = 4;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LinkError {
    #[error("This address holds no Ringscope run.")]
    Foreign,
    #[error("This link was made by another version of Ringscope (its format is {found}, this page reads {VERSION}).")]
    OtherVersion { found: u32 },
    #[error("This link is damaged: part of it is missing or changed.")]
    Damaged,
    #[error("This link is longer than {MAX_LINK_BYTES} bytes.")]
    TooLong,
    #[error("This run is too long to share: its link would have {0} bytes, {MAX_LINK_BYTES} is the limit.")]
    TooLongToShare(usize),
    #[error("This link describes a run that cannot be: {0}.")]
    Impossible(#[from] RunError),
}

/// The fragment, without `#`.
pub fn to_link(recording: &Recording) -> Result<String, LinkError> {
    let link = link_of(&codec::encode(recording));
    if link.len() > MAX_LINK_BYTES {
        return Err(LinkError::TooLongToShare(link.len()));
    }
    Ok(link)
}

/// A link of any length around an encoded recording, or what says it is one.
pub fn link_of(encoded: &[u8]) -> String {
    let packed = compress_to_vec(encoded, COMPRESSION_LEVEL);
    let mut bytes = crc32::hash(&packed).to_le_bytes().to_vec();
    bytes.extend(packed);
    format!("{PREFIX}{VERSION}{SEPARATOR}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a fragment, with or without `#`.
pub fn from_link(link: &str) -> Result<Recording, LinkError> {
    if link.len() > MAX_LINK_BYTES {
        return Err(LinkError::TooLong);
    }
    let link = link.trim().trim_start_matches('#');
    let (version, payload) = link
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once(SEPARATOR))
        .ok_or(LinkError::Foreign)?;
    let found: u32 = version.parse().map_err(|_| LinkError::Foreign)?;
    if found != VERSION {
        return Err(LinkError::OtherVersion { found });
    }
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|_| LinkError::Damaged)?;
    let (checksum, packed) = bytes.split_first_chunk::<CHECKSUM_BYTES>().ok_or(LinkError::Damaged)?;
    if crc32::hash(packed) != u32::from_le_bytes(*checksum) {
        return Err(LinkError::Damaged);
    }
    let encoded = decompress_to_vec_with_limit(packed, MAX_DECODED_BYTES).map_err(|_| LinkError::Damaged)?;
    let recording: Recording = codec::decode(&encoded).map_err(|_| LinkError::Damaged)?;
    recording.check()?;
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Endpoint, Instant, Seed};
    use crate::playground::api::ShellId;
    use crate::playground::record::{Deed, Run};
    use crate::sim::{ClusterConfig, HistoryHash};

    fn recording(text: &str) -> Recording {
        let deed = |text: &str| Deed::Shell {
            shell: ShellId::FIRST,
            text: text.into(),
        };
        let mut run = Run::new(ClusterConfig::simple(Seed(7), 3));
        run.log.push((Instant::from_micros(5), deed(text)));
        run.log.push((Instant::from_micros(9), Deed::Kill(Endpoint::nth(2))));
        Recording {
            run,
            until: Instant::from_micros(10),
            history: HistoryHash(42),
        }
    }

    #[test]
    fn a_run_comes_back_from_its_link() {
        let recording = recording("INSERT INTO t (a) VALUES (1);");
        let link = to_link(&recording).unwrap();
        assert!(link.len() < 300, "{} bytes", link.len());
        assert!(
            link.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
            "{link}"
        );
        assert_eq!(from_link(&link), Ok(recording.clone()));
        assert_eq!(from_link(&format!("#{link}")), Ok(recording));
    }

    #[test]
    fn any_damage_is_noticed() {
        let link = to_link(&recording("SELECT * FROM t;")).unwrap();
        let start = link.find('.').unwrap() + 1;
        for place in start..link.len() {
            let mut damaged = link.clone().into_bytes();
            damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(from_link(&damaged), Err(LinkError::Damaged), "at {place}");
            assert_eq!(from_link(&link[..place]), Err(LinkError::Damaged), "cut at {place}");
        }
    }

    #[test]
    fn foreign_and_other_links_are_told_apart() {
        for foreign in ["", "#", "top", "#section-2", "running.late", "run.x", "runx.y"] {
            assert_eq!(from_link(foreign), Err(LinkError::Foreign), "{foreign}");
        }
        assert_eq!(from_link("run99.AAAA"), Err(LinkError::OtherVersion { found: 99 }));
        assert_eq!(from_link(&"x".repeat(MAX_LINK_BYTES + 1)), Err(LinkError::TooLong));
    }

    #[test]
    fn limits_hold_both_ways() {
        let mut random = crate::base::Random::stream(Seed(1), "noise");
        let noise: String = (0..40_000).map(|_| char::from(b'!' + random.below(90) as u8)).collect();
        assert!(matches!(to_link(&recording(&noise)), Err(LinkError::TooLongToShare(_))));
        // A bomb: valid in form, far too large inside.
        let packed = compress_to_vec(&vec![0; 2 * MAX_DECODED_BYTES], COMPRESSION_LEVEL);
        let mut bytes = crc32::hash(&packed).to_le_bytes().to_vec();
        bytes.extend(packed);
        let bomb = format!("run1.{}", URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(from_link(&bomb), Err(LinkError::Damaged));
        let mut impossible = recording("");
        impossible.run.config.nodes.clear();
        let link = to_link(&impossible).unwrap();
        assert_eq!(from_link(&link), Err(LinkError::Impossible(RunError::Nodes(0))));
    }
}
