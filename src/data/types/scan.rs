//! Reading dates and times from the front of a text, as Java's formatters do.

/// The part of a text that is still to be read. Every method leaves it where it was when it finds nothing.
#[derive(Clone, Copy)]
pub struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Scan { rest: text }
    }

    pub fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads exactly this text.
    pub fn literal(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    pub fn literal_ignoring_case(&mut self, text: &str) -> Option<()> {
        let head = self
            .rest
            .get(..text.len())
            .filter(|head| head.eq_ignore_ascii_case(text))?;
        self.rest = &self.rest[head.len()..];
        Some(())
    }

    /// Reads as many digits as there are, up to `most`.
    pub fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(digits)
    }

    /// Reads a number of `least` to `most` digits.
    pub fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let mut ahead = *self;
        let value = ahead.digits(least, most)?.parse().ok()?;
        *self = ahead;
        Some(value)
    }

    /// Reads `yyyy-mm-dd` as Java's `ISO_LOCAL_DATE`: a year of more than four digits needs a sign, one of four must have
    /// none or a minus. The day is only checked to be 1 to 31.
    pub fn iso_date(&mut self) -> Option<(i64, u32, u32)> {
        let mut ahead = *self;
        let plus = ahead.literal("+").is_some();
        let minus = !plus && ahead.literal("-").is_some();
        let digits = ahead.digits(4, 10)?;
        let long = digits.len() > 4;
        let year: i64 = digits.parse().ok()?;
        // Java's years end at 999999999.
        if (long && !plus && !minus) || (plus && !long) || (minus && year == 0) || year > 999_999_999 {
            return None;
        }
        let (month, day) = ahead.month_and_day()?;
        *self = ahead;
        Some((if minus { -year } else { year }, month, day))
    }

    /// Reads `-mm-dd`, each of two digits.
    pub fn month_and_day(&mut self) -> Option<(u32, u32)> {
        let mut ahead = *self;
        ahead.literal("-")?;
        let month = ahead.number(2, 2)?;
        ahead.literal("-")?;
        let day = ahead.number(2, 2)?;
        *self = ahead;
        in_calendar(month, day)
    }
}

/// The month and day as numbers of a calendar, if they can be.
pub fn in_calendar(month: i64, day: i64) -> Option<(u32, u32)> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((month as u32, day as u32))
}
