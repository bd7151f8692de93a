//! Any bytes from a client's socket, in any framing: cut into messages, and those read as requests.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringscope::server::protocol::{Compression, Decoder, Framing, Reader, Request, Segments};

const MAX_FRAME_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((framing, bytes)) = input.split_first() else {
        return;
    };
    let framing = match framing % 6 {
        0 => Framing::Plain(None),
        1 => Framing::Plain(Some(Compression::Lz4)),
        2 => Framing::Plain(Some(Compression::Snappy)),
        3 => Framing::Segments(Segments { compressed: false }),
        4 => Framing::Segments(Segments { compressed: true }),
        // A request without the frame around it, which few inputs get right.
        _ => return request_alone(bytes),
    };
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    decoder.set_framing(framing);
    decoder.input.extend_from_slice(bytes);
    loop {
        match decoder.next_frame() {
            Ok(Some(frame)) => {
                let _ = Request::read(&frame.header, &mut Reader::new(frame.body));
            }
            Err(broken) if !broken.fatal => {}
            Ok(None) | Err(_) => break,
        }
    }
});

fn request_alone(bytes: &[u8]) {
    let Some((start, body)) = bytes.split_at_checked(2) else {
        return;
    };
    let length = (body.len() as u32).to_be_bytes();
    let version = 3 + start[0] % 3;
    let header = [version, 0, 0, 0, start[1] % 17, length[0], length[1], length[2], length[3]];
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    decoder.input.extend_from_slice(&header);
    decoder.input.extend_from_slice(body);
    if let Ok(Some(frame)) = decoder.next_frame() {
        let _ = Request::read(&frame.header, &mut Reader::new(frame.body));
    }
}
