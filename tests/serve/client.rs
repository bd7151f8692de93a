//! The least of the native protocol that a test needs, without a driver: version 4, one request at a time, one column of ints.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const VERSION: u8 = 4;
const STARTUP: u8 = 0x01;
const QUERY: u8 = 0x07;
const ERROR: u8 = 0x00;
const RESULT: u8 = 0x08;
const ROWS: i32 = 2;
const QUORUM: u16 = 4;

pub struct Client {
    stream: TcpStream,
}

impl Client {
    pub fn connect(address: &str) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut client = Client { stream };
        let mut body = 1u16.to_be_bytes().to_vec();
        for text in ["CQL_VERSION", "3.0.0"] {
            body.extend((text.len() as u16).to_be_bytes());
            body.extend(text.as_bytes());
        }
        client.ask(STARTUP, &body)?;
        Ok(client)
    }

    /// The ints of the first column, if there are rows.
    pub fn query(&mut self, statement: &str) -> io::Result<Vec<i32>> {
        let mut body = (statement.len() as u32).to_be_bytes().to_vec();
        body.extend(statement.as_bytes());
        body.extend(QUORUM.to_be_bytes());
        body.push(0);
        let (opcode, answer) = self.ask(QUERY, &body)?;
        let mut answer = Body(&answer);
        match opcode {
            RESULT if answer.int() == ROWS => Ok(answer.rows()),
            RESULT => Ok(Vec::new()),
            ERROR => {
                let code = answer.int();
                Err(io::Error::other(format!("{code:#x} {}", answer.string())))
            }
            other => Err(io::Error::other(format!("an answer of kind {other}"))),
        }
    }

    fn ask(&mut self, opcode: u8, body: &[u8]) -> io::Result<(u8, Vec<u8>)> {
        let mut frame = vec![VERSION, 0, 0, 0, opcode];
        frame.extend((body.len() as u32).to_be_bytes());
        frame.extend(body);
        self.stream.write_all(&frame)?;
        let mut header = [0; 9];
        self.stream.read_exact(&mut header)?;
        let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        let mut answer = vec![0; length as usize];
        self.stream.read_exact(&mut answer)?;
        Ok((header[4], answer))
    }
}

struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let (head, tail) = self.0.split_at(count);
        self.0 = tail;
        head
    }

    fn short(&mut self) -> usize {
        usize::from(u16::from_be_bytes(self.take(2).try_into().unwrap()))
    }

    fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn string(&mut self) -> String {
        let length = self.short();
        String::from_utf8_lossy(self.take(length)).into_owned()
    }

    fn rows(&mut self) -> Vec<i32> {
        assert_eq!((self.int(), self.int()), (1, 1), "one page, one table, one column");
        self.string();
        self.string();
        self.string();
        self.short();
        let count = self.int();
        let value = |_| {
            assert_eq!(self.int(), 4, "an int has four bytes");
            self.int()
        };
        (0..count).map(value).collect()
    }
}
