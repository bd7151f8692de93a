//! JSON documents as Java's Jackson library reads them, and what it says of one that is wrong.
//!
//! Source of the texts: Jackson 2.19, `ReaderBasedJsonParser`, with the settings that Cassandra 5.0 has.

use core::fmt;

use indexmap::IndexMap;
use num_bigint::BigInt;

use super::json_value::JsonValue;

/// `StreamReadConstraints.DEFAULT_MAX_DEPTH`
const MAX_DEPTH: usize = 1000;

/// `StreamReadConstraints.DEFAULT_MAX_NUM_LEN`
const MAX_NUMBER_LENGTH: usize = 1000;

const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

const SOURCE: &str = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";

/// What is wrong with a document, and which of Java's exceptions says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    class: &'static str,
    /// With the place in the document.
    pub message: String,
}

/// As the exception's `toString` has it.
impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "com.fasterxml.jackson.{}: {}", self.class, self.message)
    }
}

const WRONG: &str = "core.JsonParseException";
const ENDS: &str = "core.io.JsonEOFException";
const TOO_MUCH: &str = "core.exc.StreamConstraintsException";
const MISMATCH: &str = "databind.exc.MismatchedInputException";

/// Reads the first value of a text; what follows it is not looked at.
pub fn parse(text: &str) -> Result<JsonValue, JsonError> {
    let mut parser = Parser::new(text);
    parser.skip_space();
    if parser.peek().is_none() {
        let line = parser.line_and_column(parser.at).0;
        return Err(JsonError {
            class: MISMATCH,
            message: format!("No content to map due to end-of-input\n at {SOURCE}; line: {line}]"),
        });
    }
    parser.value()
}

/// Reads a document that has to be an object.
pub fn parse_object(text: &str) -> Result<Option<IndexMap<String, JsonValue>>, JsonError> {
    let mut parser = Parser::new(text);
    parser.skip_space();
    let start = parser.at;
    let wrong = |what: &str| {
        Err(JsonError {
            class: MISMATCH,
            message: parser.located(what, start),
        })
    };
    let not_from = |what: &str, token: &str| {
        wrong(&format!(
            "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from {what} value \
             (token `JsonToken.{token}`)"
        ))
    };
    // What a document begins with is looked at first, whatever comes after it.
    if parser.peek() == Some('[') {
        return not_from("Array", "START_ARRAY");
    }
    match parse(text)? {
        JsonValue::Map(entries) => Ok(Some(entries)),
        JsonValue::Null => Ok(None),
        JsonValue::List(_) => not_from("Array", "START_ARRAY"),
        JsonValue::Integer(_) => not_from("Integer", "VALUE_NUMBER_INT"),
        JsonValue::Double(_) => not_from("Floating-point", "VALUE_NUMBER_FLOAT"),
        JsonValue::Boolean(true) => not_from("Boolean", "VALUE_TRUE"),
        JsonValue::Boolean(false) => not_from("Boolean", "VALUE_FALSE"),
        JsonValue::String(it) => wrong(&format!(
            "Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): no \
             String-argument constructor/factory method to deserialize from String value ('{it}')"
        )),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Root,
    Array,
    Object,
}

impl Within {
    fn name(self) -> &'static str {
        match self {
            Within::Root => "root",
            Within::Array => "Array",
            Within::Object => "Object",
        }
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    /// What is open, and where it starts.
    open: Vec<(Within, usize)>,
}

impl Parser {
    fn new(text: &str) -> Parser {
        Parser {
            characters: text.chars().collect(),
            at: 0,
            open: Vec::new(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn within(&self) -> Within {
        self.open.last().map_or(Within::Root, |(within, _)| *within)
    }

    /// Both from 1; a character beyond the first plane is two of Java's.
    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let (mut line, mut column) = (1, 1);
        for character in self.characters.iter().take(at) {
            if *character == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += character.len_utf16();
            }
        }
        (line, column)
    }

    fn place(&self, at: usize) -> String {
        let (line, column) = self.line_and_column(at);
        format!("{SOURCE}; line: {line}, column: {column}]")
    }

    fn located(&self, message: &str, at: usize) -> String {
        format!("{message}\n at {}", self.place(at))
    }

    fn error<T>(&self, class: &'static str, message: &str, at: usize) -> Result<T, JsonError> {
        Err(JsonError {
            class,
            message: self.located(message, at),
        })
    }

    fn ends<T>(&self, message: &str) -> Result<T, JsonError> {
        self.error(
            ENDS,
            &format!("Unexpected end-of-input{message}"),
            self.characters.len(),
        )
    }

    /// The character at this place is not one of those that may be there.
    fn unexpected<T>(&self, comment: &str) -> Result<T, JsonError> {
        let described = self.peek().map(described).unwrap_or_default();
        self.error(
            WRONG,
            &format!("Unexpected character ({described}): {comment}"),
            self.at,
        )
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<JsonValue, JsonError> {
        let Some(character) = self.peek() else {
            return self.unclosed();
        };
        match character {
            '{' => self.object(),
            '[' => self.array(),
            '"' => {
                self.at += 1;
                Ok(JsonValue::String(self.string("in VALUE_STRING")?))
            }
            '-' | '0'..='9' => self.number(),
            't' => self.word("true", JsonValue::Boolean(true)),
            'f' => self.word("false", JsonValue::Boolean(false)),
            'n' => self.word("null", JsonValue::Null),
            'N' => self.non_standard("NaN", "ALLOW_NON_NUMERIC_NUMBERS"),
            'I' => self.non_standard("Infinity", "ALLOW_NON_NUMERIC_NUMBERS"),
            ']' | '}' if self.within() != Within::Root && !self.closes(character) => self.mismatched(character),
            character if character.is_alphabetic() || character == '_' || character == '$' => self.unknown_word(),
            '+' => {
                self.at += 1;
                self.not_in_number(
                    '+',
                    "JSON spec does not allow numbers to have plus signs: enable \
                     `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow",
                    self.at,
                )
            }
            '/' => self.unexpected(
                "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)",
            ),
            _ => self.unexpected(&format!("expected a valid value {VALUES}")),
        }
    }

    fn not_in_number<T>(&self, found: char, comment: &str, at: usize) -> Result<T, JsonError> {
        let message = format!(
            "Unexpected character ({}) in numeric value: {comment}",
            described(found)
        );
        self.error(WRONG, &message, at)
    }

    fn closes(&self, character: char) -> bool {
        matches!((self.within(), character), (Within::Array, ']') | (Within::Object, '}'))
    }

    fn mismatched<T>(&self, character: char) -> Result<T, JsonError> {
        let (within, start) = self.open.last().copied().unwrap_or((Within::Root, 0));
        let expected = if within == Within::Array { ']' } else { '}' };
        let message = format!(
            "Unexpected close marker '{character}': expected '{expected}' (for {} starting at {})",
            within.name(),
            self.place(start)
        );
        self.error(WRONG, &message, self.at)
    }

    /// The text ends while something is open.
    fn unclosed<T>(&self) -> Result<T, JsonError> {
        let (within, start) = self.open.last().copied().unwrap_or((Within::Root, 0));
        self.ends(&format!(
            ": expected close marker for {} (start marker at {})",
            within.name(),
            self.place(start)
        ))
    }

    fn enter(&mut self, within: Within) -> Result<(), JsonError> {
        self.open.push((within, self.at));
        self.at += 1;
        if self.open.len() > MAX_DEPTH {
            return Err(JsonError {
                class: TOO_MUCH,
                message: format!(
                    "Document nesting depth ({}) exceeds the maximum allowed ({MAX_DEPTH}, from \
                     `StreamReadConstraints.getMaxNestingDepth()`)",
                    self.open.len()
                ),
            });
        }
        self.skip_space();
        Ok(())
    }

    fn array(&mut self) -> Result<JsonValue, JsonError> {
        self.enter(Within::Array)?;
        let mut items = Vec::new();
        while !self.has_ended(items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(JsonValue::List(items))
    }

    fn object(&mut self) -> Result<JsonValue, JsonError> {
        self.enter(Within::Object)?;
        let mut entries = IndexMap::new();
        while !self.has_ended(entries.is_empty())? {
            match self.peek() {
                Some('"') => self.at += 1,
                None => return self.unclosed(),
                Some(_) => return self.unexpected("was expecting double-quote to start field name"),
            }
            let name = self.string("in field name")?;
            self.skip_space();
            match self.peek() {
                Some(':') => self.at += 1,
                None => return self.ends(" within/between Object entries"),
                Some(_) => return self.unexpected("was expecting a colon to separate field name and value"),
            }
            self.skip_space();
            if self.peek().is_none() {
                return self.ends(" within/between Object entries");
            }
            let value = self.value()?;
            entries.insert(name, value);
        }
        Ok(JsonValue::Map(entries))
    }

    /// Whether what is open ends here; else goes to its next entry.
    fn has_ended(&mut self, is_first: bool) -> Result<bool, JsonError> {
        self.skip_space();
        match self.peek() {
            None => return self.unclosed(),
            Some(character @ (']' | '}')) => {
                if !self.closes(character) {
                    return self.mismatched(character);
                }
                self.at += 1;
                self.open.pop();
                return Ok(true);
            }
            _ if is_first => return Ok(false),
            Some(',') => self.at += 1,
            Some(_) => {
                let name = self.within().name();
                return self.unexpected(&format!("was expecting comma to separate {name} entries"));
            }
        }
        self.skip_space();
        match self.peek() {
            // The one end of input that is an exception of the general kind.
            None => {
                let message = format!(
                    "Unexpected end-of-input within/between {} entries",
                    self.within().name()
                );
                self.error(WRONG, &message, self.characters.len())
            }
            Some(']') if self.within() == Within::Array => self.unexpected(&format!("expected a valid value {VALUES}")),
            _ => Ok(false),
        }
    }

    /// The rest of a string, whose first quote is read.
    fn string(&mut self, place: &str) -> Result<String, JsonError> {
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.peek() else {
                return match place {
                    "in field name" => self.ends(" in field name"),
                    _ => self.ends(": was expecting closing quote for a string value"),
                };
            };
            self.at += 1;
            match character {
                '"' => break,
                '\\' => units.push(self.escape()?),
                control if control < ' ' => {
                    let what = if place == "in field name" {
                        "name"
                    } else {
                        "string value"
                    };
                    let message = format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included in {what}",
                        described(control)
                    );
                    return self.error(WRONG, &message, self.at);
                }
                other => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
            }
        }
        // Half a pair, which Java keeps and writes as a question mark.
        Ok(char::decode_utf16(units).map(|it| it.unwrap_or('?')).collect())
    }

    fn escape(&mut self) -> Result<u16, JsonError> {
        let Some(character) = self.peek() else {
            return self.ends(" in character escape sequence");
        };
        self.at += 1;
        Ok(match character {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            '"' | '/' | '\\' => character as u16,
            'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    let Some(digit) = self.peek() else {
                        return self.ends(" in character escape sequence");
                    };
                    let Some(value) = digit.to_digit(16) else {
                        return self.unexpected("expected a hex-digit for character escape sequence");
                    };
                    unit = unit << 4 | value as u16;
                    self.at += 1;
                }
                unit
            }
            other => {
                let message = format!("Unrecognized character escape {}", described(other));
                return self.error(WRONG, &message, self.at - 1);
            }
        })
    }

    fn number(&mut self) -> Result<JsonValue, JsonError> {
        let start = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
        }
        // Of a fraction and an exponent the place told is the one before.
        let expected = |parser: &Parser, message: &str, back: usize| match parser.peek() {
            None => parser.ends(" within/between number"),
            Some(found) => parser.not_in_number(found, message, parser.at - back),
        };
        match self.peek() {
            Some('0') => {
                self.at += 1;
                if matches!(self.peek(), Some('0'..='9')) {
                    return self.error(WRONG, "Invalid numeric value: Leading zeroes not allowed", self.at);
                }
            }
            Some('1'..='9') => self.digits(),
            _ => {
                return expected(
                    self,
                    "expected digit (0-9) to follow minus sign, for valid numeric value",
                    0,
                );
            }
        }
        let mut is_whole = true;
        if self.peek() == Some('.') {
            is_whole = false;
            self.at += 1;
            if !matches!(self.peek(), Some('0'..='9')) {
                return expected(self, "Decimal point not followed by a digit", 1);
            }
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            is_whole = false;
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if !matches!(self.peek(), Some('0'..='9')) {
                return expected(self, "Exponent indicator not followed by a digit", 1);
            }
            self.digits();
        }
        if self.within() == Within::Root && matches!(self.peek(), Some(it) if !it.is_whitespace()) {
            return self.unexpected("Expected space separating root-level values");
        }
        if self.at - start > MAX_NUMBER_LENGTH {
            let message = format!(
                "Number value length ({}) exceeds the maximum allowed ({MAX_NUMBER_LENGTH}, from \
                 `StreamReadConstraints.getMaxNumberLength()`)",
                self.at - start
            );
            return Err(JsonError {
                class: TOO_MUCH,
                message,
            });
        }
        let text: String = self.characters[start..self.at].iter().collect();
        Ok(match text.parse::<BigInt>() {
            Ok(whole) if is_whole => JsonValue::Integer(whole),
            _ => JsonValue::Double(text.parse().unwrap_or(f64::NAN)),
        })
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some('0'..='9')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: JsonValue) -> Result<JsonValue, JsonError> {
        let rest = &self.characters[self.at..];
        let matches = word.chars().zip(rest).take_while(|(a, b)| a == *b).count();
        let next = rest.get(word.len());
        if matches == word.len() && !next.is_some_and(|it| is_of_word(*it)) {
            self.at += word.len();
            return Ok(value);
        }
        self.unknown_word()
    }

    fn unknown_word<T>(&mut self) -> Result<T, JsonError> {
        let start = self.at;
        while self.peek().is_some_and(is_of_word) {
            self.at += 1;
        }
        let word: String = self.characters[start..self.at].iter().collect();
        let message = format!("Unrecognized token '{word}': was expecting {VALUES}");
        self.error(WRONG, &message, self.at)
    }

    fn non_standard<T>(&mut self, word: &str, feature: &str) -> Result<T, JsonError> {
        let found: String = self.characters[self.at..].iter().take(word.len()).collect();
        if found != word {
            return self.unknown_word();
        }
        self.at += word.len();
        let message = format!("Non-standard token '{word}': enable `JsonReadFeature.{feature}` to allow");
        self.error(WRONG, &message, self.at)
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn described(character: char) -> String {
    let code = u32::from(character);
    match code {
        0..=31 | 127..=159 => format!("(CTRL-CHAR, code {code})"),
        0..=255 => format!("'{character}' (code {code})"),
        _ => format!("'{character}' (code {code} / 0x{code:x})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_java_has_them() {
        let value = parse(r#" {"a": [1, 2.50, "x", null, true], "b": {"c": 12345678901}} "#).unwrap();
        assert_eq!(value.to_string(), "{a=[1, 2.5, x, null, true], b={c=12345678901}}");
        assert_eq!(value.class(), "LinkedHashMap");
        assert_eq!(
            parse(r#""\u00e9\ud83d\ude00\n""#).unwrap(),
            JsonValue::String("é😀\n".into())
        );
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (text, start) in [
            ("not json", "Unrecognized token 'not': was expecting (JSON String"),
            ("{\"a\": 1", "Unexpected end-of-input: expected close marker for Object"),
            (
                "{a: 1}",
                "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            ),
            ("[1}", "Unexpected close marker '}': expected ']'"),
            ("01", "Invalid numeric value: Leading zeroes not allowed"),
        ] {
            let error = parse(text).unwrap_err().message;
            assert!(error.starts_with(start), "{text}: {error}");
        }
        let deep = "[".repeat(2000);
        assert!(
            parse(&deep)
                .unwrap_err()
                .message
                .starts_with("Document nesting depth (1001)")
        );
    }
}
