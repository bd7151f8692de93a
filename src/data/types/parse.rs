//! Types from their names in CQL, as the schema tables hold them.

use std::sync::Arc;

use super::{CqlType, MarshalError, UserType};

/// Types are nested at most this deep; a limit of this parser, far beyond what anybody writes.
pub(super) const MAX_DEPTH: usize = 64;

impl CqlType {
    /// Reads a type as CQL writes it: `map<text, frozen<list<int>>>`. Names that are no native type are looked up with
    /// `user_type`, which takes a name as stored, without quotes.
    ///
    /// What may stand where in a table (frozen or not, counters, durations) is for the schema to check.
    pub fn parse(text: &str, user_type: impl Fn(&str) -> Option<Arc<UserType>>) -> Result<CqlType, MarshalError> {
        let mut parser = Parser {
            text,
            rest: text.trim_start(),
            user_type: &user_type,
            depth: 0,
        };
        let ty = parser.parse_type()?;
        if parser.rest.is_empty() {
            Ok(ty)
        } else {
            Err(parser.syntax_error())
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// What is not read yet, without blanks before it.
    rest: &'a str,
    user_type: &'a dyn Fn(&str) -> Option<Arc<UserType>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn parse_type(&mut self) -> Result<CqlType, MarshalError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.syntax_error());
        }
        let ty = self.parse_one()?;
        self.depth -= 1;
        Ok(ty)
    }

    fn parse_one(&mut self) -> Result<CqlType, MarshalError> {
        if let Some(class) = self.quoted('\'')? {
            return CqlType::parse_class(&class).map(|(ty, _)| ty);
        }
        if let Some(name) = self.quoted('"')? {
            return self.look_up(&name);
        }
        let word = self.word()?;
        let name = word.to_ascii_lowercase();
        if !self.rest.starts_with('<') {
            return CqlType::native(&name).map_or_else(|| self.look_up(&name), Ok);
        }
        self.symbol("<")?;
        let ty = match name.as_str() {
            "list" => CqlType::list(self.parse_type()?),
            "set" => CqlType::set(self.parse_type()?),
            "map" => {
                let key = self.parse_type()?;
                self.symbol(",")?;
                CqlType::map(key, self.parse_type()?)
            }
            "tuple" => {
                let mut fields = vec![self.parse_type()?];
                while self.symbol(",").is_ok() {
                    fields.push(self.parse_type()?);
                }
                CqlType::tuple(fields)
            }
            "vector" => {
                let element = self.parse_type()?;
                self.symbol(",")?;
                let dimension = self.word()?.parse().map_err(|_| self.syntax_error())?;
                if dimension == 0 {
                    return Err(self.syntax_error());
                }
                CqlType::vector(element, dimension)
            }
            "frozen" => match self.parse_type()? {
                inner if inner.native_names().is_some() => return Err(self.syntax_error()),
                inner => inner.freeze(),
            },
            _ => return Err(self.syntax_error()),
        };
        self.symbol(">")?;
        Ok(ty)
    }

    fn look_up(&self, name: &str) -> Result<CqlType, MarshalError> {
        let found = (self.user_type)(name).map(CqlType::UserType);
        found.ok_or_else(|| MarshalError::UnknownType(name.to_owned()))
    }

    fn word(&mut self) -> Result<&'a str, MarshalError> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = self
            .rest
            .find(|character| !is_part(character))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.syntax_error());
        }
        self.rest = rest.trim_start();
        Ok(word)
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), MarshalError> {
        let rest = self.rest.strip_prefix(symbol).ok_or_else(|| self.syntax_error())?;
        self.rest = rest.trim_start();
        Ok(())
    }

    /// Text between two of the quotes, where two in a row stand for one; nothing if there is no quote here.
    fn quoted(&mut self, quote: char) -> Result<Option<String>, MarshalError> {
        let Some(mut rest) = self.rest.strip_prefix(quote) else {
            return Ok(None);
        };
        let mut content = String::new();
        loop {
            let (part, after) = rest.split_once(quote).ok_or_else(|| self.syntax_error())?;
            content.push_str(part);
            match after.strip_prefix(quote) {
                Some(more) => {
                    content.push(quote);
                    rest = more;
                }
                None => {
                    self.rest = after.trim_start();
                    return Ok(Some(content));
                }
            }
        }
    }

    fn syntax_error(&self) -> MarshalError {
        MarshalError::TypeSyntax(self.text.to_owned())
    }
}
