//! Numbers, durations, UUIDs and blobs, which all may begin alike.

use super::{LexErrorKind, Lexed, Lexer};
use crate::cql::token::TokenKind;

/// What a token that begins with a digit turns out to be.
enum Numeric {
    Integer,
    Float,
    Duration,
    Uuid,
    Hex,
}

/// Hexadecimal digits before the first dash of a UUID.
const UUID_HEAD: usize = 8;

fn is_digit(b: u8) -> bool {
    b.is_ascii_digit()
}

/// Begins a unit of time, other than `d`, which may go on as a UUID. 0xC2 is the first byte of `µ`.
fn is_unit(b: u8) -> bool {
    matches!(
        b.to_ascii_lowercase(),
        b'h' | b'm' | b'n' | b's' | b'u' | b'w' | b'y' | 0xC2
    )
}

fn is_hex_letter(b: u8) -> bool {
    matches!(b, b'a'..=b'f' | b'A'..=b'F')
}

fn continues_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

impl Lexer<'_> {
    pub(super) fn number(&mut self) -> Lexed<TokenKind> {
        match self.tell_numeric()? {
            Numeric::Integer => self.integer(),
            Numeric::Float => self.float(),
            Numeric::Duration => self.duration(),
            Numeric::Uuid => self.uuid(),
            Numeric::Hex => {
                self.position += 2;
                self.skip_while(|b| b.is_ascii_hexdigit());
                Ok(TokenKind::Hex)
            }
        }
    }

    /// A number or duration after a minus, where no UUID can be.
    pub(super) fn negative_number(&mut self) -> Lexed<TokenKind> {
        if self.ahead(1) == b'P' {
            return self.duration();
        }
        let mut distance = 1;
        while is_digit(self.ahead(distance)) {
            distance += 1;
        }
        match self.ahead(distance) {
            b'.' | b'e' | b'E' => self.float(),
            b if is_unit(b) || matches!(b, b'd' | b'D') => self.duration(),
            _ => self.integer(),
        }
    }

    /// Looks ahead until only one kind of token remains.
    fn tell_numeric(&self) -> Lexed<Numeric> {
        let mut digits = 1;
        while digits < UUID_HEAD && is_digit(self.ahead(digits)) {
            digits += 1;
        }
        if digits == UUID_HEAD {
            return Ok(self.tell_after_eight_digits());
        }
        Ok(match self.ahead(digits) {
            b'x' | b'X' if digits == 1 && self.ahead(0) == b'0' => Numeric::Hex,
            b'.' => Numeric::Float,
            b'e' | b'E' => return self.tell_after_exponent(digits + 1),
            b'd' | b'D' => return self.tell_after_days(digits + 1),
            b if is_hex_letter(b) => Numeric::Uuid,
            b if is_unit(b) => Numeric::Duration,
            _ => Numeric::Integer,
        })
    }

    fn tell_after_eight_digits(&self) -> Numeric {
        if self.ahead(UUID_HEAD) == b'-' {
            return Numeric::Uuid;
        }
        let mut distance = UUID_HEAD;
        while is_digit(self.ahead(distance)) {
            distance += 1;
        }
        match self.ahead(distance) {
            b'.' | b'e' | b'E' => Numeric::Float,
            b if is_unit(b) || matches!(b, b'd' | b'D') => Numeric::Duration,
            _ => Numeric::Integer,
        }
    }

    /// After digits and an `e`: an exponent, unless a UUID has it among its first eight.
    fn tell_after_exponent(&self, mut distance: usize) -> Lexed<Numeric> {
        if distance == UUID_HEAD {
            return match self.ahead(distance) {
                b'-' => self.tell_after_exponent_and_dash(distance + 1),
                b if b == b'+' || is_digit(b) => Ok(Numeric::Float),
                _ => self.fail_ahead(distance, LexErrorKind::NoToken),
            };
        }
        match self.ahead(distance) {
            b'+' | b'-' => return Ok(Numeric::Float),
            b if is_hex_letter(b) => return Ok(Numeric::Uuid),
            b if is_digit(b) => {}
            _ => return self.fail_ahead(distance, LexErrorKind::NoToken),
        }
        while distance < UUID_HEAD && is_digit(self.ahead(distance)) {
            distance += 1;
        }
        let goes_on = if distance == UUID_HEAD {
            self.ahead(distance) == b'-'
        } else {
            is_hex_letter(self.ahead(distance))
        };
        Ok(if goes_on { Numeric::Uuid } else { Numeric::Float })
    }

    /// After `1234567e-`: four digits and a dash, or a letter, make it a UUID.
    fn tell_after_exponent_and_dash(&self, start: usize) -> Lexed<Numeric> {
        for distance in start..start + 4 {
            match self.ahead(distance) {
                b if is_digit(b) => {}
                b if is_hex_letter(b) => return Ok(Numeric::Uuid),
                _ if distance == start => return self.fail_ahead(distance, LexErrorKind::NoToken),
                _ => return Ok(Numeric::Float),
            }
        }
        Ok(if self.ahead(start + 4) == b'-' {
            Numeric::Uuid
        } else {
            Numeric::Float
        })
    }

    /// After digits and a `d`: days, unless a UUID has it among its first eight.
    fn tell_after_days(&self, mut distance: usize) -> Lexed<Numeric> {
        if distance == UUID_HEAD {
            return Ok(if self.ahead(distance) == b'-' {
                Numeric::Uuid
            } else {
                Numeric::Duration
            });
        }
        match self.ahead(distance) {
            b if is_hex_letter(b) => return Ok(Numeric::Uuid),
            b if is_digit(b) => {}
            _ => return Ok(Numeric::Duration),
        }
        while distance < UUID_HEAD && is_digit(self.ahead(distance)) {
            distance += 1;
        }
        match self.ahead(distance) {
            b'-' if distance == UUID_HEAD => Ok(Numeric::Uuid),
            b'd' | b'D' if distance < UUID_HEAD => self.tell_after_days(distance + 1),
            b if is_unit(b) => Ok(Numeric::Duration),
            b if distance == UUID_HEAD && (is_digit(b) || matches!(b, b'd' | b'D')) => Ok(Numeric::Duration),
            b if distance < UUID_HEAD && is_hex_letter(b) => Ok(Numeric::Uuid),
            _ => self.fail_ahead(distance, LexErrorKind::NoToken),
        }
    }

    fn digits(&mut self) -> Lexed<()> {
        if !is_digit(self.ahead(0)) {
            return self.fail(LexErrorKind::ExpectedMore);
        }
        self.skip_while(is_digit);
        Ok(())
    }

    fn integer(&mut self) -> Lexed<TokenKind> {
        if self.ahead(0) == b'-' {
            self.position += 1;
        }
        self.digits()?;
        Ok(TokenKind::Integer)
    }

    fn float(&mut self) -> Lexed<TokenKind> {
        self.integer()?;
        // `1..2` is a slice between integers, `1...2` one from a float.
        if self.ahead(0) == b'.' && self.ahead(1) == b'.' {
            if self.ahead(2) != b'.' {
                return Ok(TokenKind::Integer);
            }
            return self.take(TokenKind::Float, 1);
        }
        if self.ahead(0) == b'.' {
            self.position += 1;
            self.skip_while(is_digit);
        }
        if matches!(self.ahead(0), b'e' | b'E') {
            self.position += 1;
            if matches!(self.ahead(0), b'+' | b'-') {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(TokenKind::Float)
    }

    pub(super) fn uuid(&mut self) -> Lexed<TokenKind> {
        for (group, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if group > 0 {
                self.expect(b'-')?;
            }
            for _ in 0..length {
                self.expect_one_of(|b| b.is_ascii_hexdigit())?;
            }
        }
        Ok(TokenKind::Uuid)
    }

    /// `1h30m`, or after a minus also one of the ISO 8601 forms.
    fn duration(&mut self) -> Lexed<TokenKind> {
        if self.ahead(0) == b'-' {
            self.position += 1;
            if self.ahead(0) == b'P' {
                return self.negative_iso_duration();
            }
        }
        self.digits()?;
        self.unit()?;
        while is_digit(self.ahead(0)) {
            self.skip_while(is_digit);
            self.unit()?;
        }
        Ok(TokenKind::Duration)
    }

    fn unit(&mut self) -> Lexed<()> {
        let (first, second) = (self.ahead(0).to_ascii_lowercase(), self.ahead(1).to_ascii_lowercase());
        match (first, second) {
            (b'm', b'o' | b's') => self.position += 2,
            (b'y' | b'w' | b'd' | b'h' | b'm' | b's', _) => self.position += 1,
            (b'u' | b'n', _) => {
                self.position += 1;
                self.expect_one_of(|b| b.eq_ignore_ascii_case(&b's'))?;
            }
            _ if self.text[self.position..].starts_with('µ') => {
                self.position += 'µ'.len_utf8();
                self.expect_one_of(|b| b.eq_ignore_ascii_case(&b's'))?;
            }
            _ => return self.fail(LexErrorKind::NoToken),
        }
        Ok(())
    }

    /// A word that begins with `P`, if it is an ISO 8601 duration through and through.
    pub(super) fn iso_duration(&mut self) -> Option<Lexed<TokenKind>> {
        let mut shape = IsoShape::new(&self.bytes()[self.position..]);
        if shape.is_alternative() {
            return Some(self.alternative_duration());
        }
        let length = shape.length()?;
        (!continues_name(self.ahead(length))).then(|| self.take(TokenKind::Duration, length))
    }

    /// After a minus nothing else begins with `P`, so what does not fit is an error.
    fn negative_iso_duration(&mut self) -> Lexed<TokenKind> {
        let mut shape = IsoShape::new(&self.bytes()[self.position..]);
        if shape.is_alternative() {
            return self.alternative_duration();
        }
        let Some(length) = shape.length() else {
            let mut distance = if self.ahead(1) == b'T' { 2 } else { 1 };
            while is_digit(self.ahead(distance)) {
                distance += 1;
            }
            return self.fail_ahead(distance, LexErrorKind::NoToken);
        };
        let mut distance = length;
        if self.ahead(distance) == b'T' && !shape.has_time {
            distance += 1;
        }
        while is_digit(self.ahead(distance)) {
            distance += 1;
        }
        if distance > length {
            return self.fail_ahead(distance, LexErrorKind::NoToken);
        }
        self.take(TokenKind::Duration, length)
    }

    /// `P2026-11-20T13:14:15`
    fn alternative_duration(&mut self) -> Lexed<TokenKind> {
        for wanted in b"Pdddd-dd-ddTdd:dd:dd" {
            match wanted {
                b'd' => self.expect_one_of(is_digit)?,
                literal => self.expect(*literal)?,
            }
        }
        Ok(TokenKind::Duration)
    }
}

/// Looks how far an ISO 8601 duration reaches: `P1Y2M3DT4H5M6S`, each part optional but in order, or `P1W`.
struct IsoShape<'a> {
    bytes: &'a [u8],
    position: usize,
    has_time: bool,
}

impl<'a> IsoShape<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        IsoShape {
            bytes,
            position: 0,
            has_time: false,
        }
    }

    fn is_alternative(&self) -> bool {
        self.bytes.len() > 5 && self.bytes[1..5].iter().copied().all(is_digit) && self.bytes[5] == b'-'
    }

    fn length(&mut self) -> Option<usize> {
        self.position = 1;
        if self.at(0) != b'T' {
            if self.number_and_one_of(b"W").is_some() {
                return Some(self.position);
            }
            self.parts(b"YMD")?;
        }
        if self.at(0) == b'T' && is_digit(self.at(1)) {
            let before_time = self.position;
            self.position += 1;
            self.has_time = self.parts(b"HMS").is_some();
            if !self.has_time {
                if before_time == 1 {
                    return None;
                }
                self.position = before_time;
            }
        } else if self.position == 1 {
            return None;
        }
        Some(self.position)
    }

    fn at(&self, distance: usize) -> u8 {
        self.bytes.get(self.position + distance).copied().unwrap_or(0)
    }

    /// One or more of these parts, each later in the list than the one before.
    fn parts(&mut self, mut designators: &[u8]) -> Option<()> {
        let mut found = None;
        while let Some(index) = self.number_and_one_of(designators) {
            found = Some(());
            designators = &designators[index + 1..];
        }
        found
    }

    /// Goes past digits and a designator if they are there; otherwise stays.
    fn number_and_one_of(&mut self, designators: &[u8]) -> Option<usize> {
        let mut distance = 0;
        while is_digit(self.at(distance)) {
            distance += 1;
        }
        let index = designators
            .iter()
            .position(|designator| *designator == self.at(distance))?;
        if distance == 0 {
            return None;
        }
        self.position += distance + 1;
        Some(index)
    }
}
