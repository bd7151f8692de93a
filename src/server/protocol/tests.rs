//! Bytes in and out: what was written is read again, and nothing that comes makes a decoder panic or grow.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;

use super::segment::crc24;
use super::*;

/// A request as a client sends it.
fn message(version: Version, stream: i16, opcode: Opcode, body: &[u8]) -> Vec<u8> {
    let mut out = vec![version as u8, 0];
    out.extend(stream.to_be_bytes());
    out.push(opcode as u8);
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(body);
    out
}

#[test]
fn the_header_of_a_segment_has_cassandras_checksum() {
    // Recorded from the Python driver 3.29: an uncompressed segment of 13 bytes that stands alone.
    assert_eq!(
        crc24(&[0x0d, 0x00, 0x02]).to_le_bytes()[..3],
        crc24_by_division(&[0x0d, 0x00, 0x02]).to_le_bytes()[..3]
    );
}

/// The same by polynomial division, bit by bit.
fn crc24_by_division(bytes: &[u8]) -> u32 {
    let mut remainder = 0x0087_5060u32;
    for byte in bytes {
        for bit in (0..8).rev() {
            let carry = (remainder >> 23 ^ u32::from(byte >> bit)) & 1;
            remainder = remainder << 1 & 0x00ff_ffff;
            if carry == 1 {
                remainder ^= 0x0097_4f0b;
            }
        }
    }
    remainder
}

#[test]
fn versions_that_are_not_spoken_are_named_with_those_that_are() {
    let (error, stream) = Header::read(&[0x42]).unwrap_err();
    let text = "Invalid or unsupported protocol version (66); supported versions are (3/v3, 4/v4, 5/v5, 6/v6-beta)";
    assert_eq!((error.to_string().as_str(), stream), (text, 0));
    assert_eq!(Header::read(&[0x04, 0x00]), Ok(None));
}

#[test]
fn a_message_beyond_the_limit_is_refused_on_its_stream() {
    let mut decoder = Decoder::new(100);
    decoder
        .input
        .put_slice(&message(Version::V4, 7, Opcode::Query, &[0; 100])[..9]);
    let broken = decoder.next_frame().unwrap_err();
    assert_eq!(broken.stream, 7);
    assert_eq!(
        broken.error.to_string(),
        "Request is too big: length 109 exceeds maximum allowed length 100."
    );
}

#[test]
fn a_lz4_body_that_promises_too_much_is_refused() {
    let mut body = u32::MAX.to_be_bytes().to_vec();
    body.push(0);
    assert!(Compression::Lz4.decompress_body(&body, 1 << 20).is_err());
}

proptest! {
    /// In pieces of any size, compressed or not, messages come out of segments as they went in.
    #[test]
    fn segments_carry_messages(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..20),
        large in 0..300_000usize,
        compressed in any::<bool>(),
        piece in 1..5000usize,
    ) {
        let segments = Segments { compressed };
        let mut sent: Vec<Vec<u8>> = bodies.iter().map(|it| message(Version::V5, 1, Opcode::Query, it)).collect();
        sent.push(message(Version::V5, 2, Opcode::Query, &vec![7; large]));
        let mut wire = Vec::new();
        segments.write_all(sent.iter().map(Vec::as_slice), &mut wire);
        let mut decoder = Decoder::new(1 << 20);
        decoder.set_framing(Framing::Segments(segments));
        let mut came = Vec::new();
        for part in wire.chunks(piece) {
            decoder.input.put_slice(part);
            while let Some(frame) = decoder.next_frame().unwrap() {
                came.push(message(Version::V5, frame.header.stream, frame.header.opcode, &frame.body));
            }
        }
        prop_assert_eq!(came, sent);
    }

    #[test]
    fn a_flipped_bit_in_a_segment_is_noticed(body in prop::collection::vec(any::<u8>(), 1..100), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let segments = Segments { compressed: false };
        let sent = message(Version::V5, 1, Opcode::Query, &body);
        let mut wire = Vec::new();
        segments.write_all([sent.as_slice()], &mut wire);
        let at = at.index(wire.len());
        wire[at] ^= 1 << bit;
        let mut input = BytesMut::from(&wire[..]);
        let read = segments.read(&mut input);
        prop_assert!(!matches!(read, Ok(Some(_))), "the flip at {} went unnoticed", at);
    }

    #[test]
    fn bodies_survive_compression(body in prop::collection::vec(any::<u8>(), 0..2000)) {
        for compression in [Compression::Lz4, Compression::Snappy] {
            let wire = compression.compress_body(&body).unwrap();
            prop_assert_eq!(&compression.decompress_body(&wire, 2000).unwrap(), &body);
        }
    }

    /// Whatever comes, the decoder and the requests' readers answer with a value or an error.
    #[test]
    fn nothing_that_comes_is_believed(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        opcode in prop::sample::select(vec![1u8, 5, 7, 9, 10, 11, 13, 15]),
        version in prop::sample::select(vec![3u8, 4, 5]),
        framing in 0..4,
    ) {
        let mut decoder = Decoder::new(1 << 16);
        decoder.set_framing(match framing {
            0 => Framing::Plain(None),
            1 => Framing::Plain(Some(Compression::Lz4)),
            2 => Framing::Segments(Segments { compressed: true }),
            _ => Framing::Segments(Segments { compressed: false }),
        });
        decoder.input.put_slice(&bytes);
        while let Ok(Some(_)) = decoder.next_frame() {}
        let version = Version::of(version).unwrap();
        let header = Header {
            version,
            flags: Flags::default(),
            stream: 0,
            opcode: Opcode::of_request(opcode).unwrap(),
            length: bytes.len() as u32,
        };
        let _ = Request::read(&header, &mut Reader::new(Bytes::from(bytes)));
    }
}
