//! Types by the names of Cassandra's classes, as SSTables and drivers name them:
//! `org.apache.cassandra.db.marshal.ListType(org.apache.cassandra.db.marshal.Int32Type)`.

use std::sync::Arc;

use super::parse::MAX_DEPTH;
use super::{CqlType, MarshalError, UserType, validate::hex};

const PACKAGE: &str = "org.apache.cassandra.db.marshal.";

impl CqlType {
    /// The class name, inside `ReversedType` for a clustering column in descending order.
    pub fn class_name(&self, reversed: bool) -> String {
        let name = self.written(false);
        if reversed {
            format!("{PACKAGE}ReversedType({name})")
        } else {
            name
        }
    }

    /// `within_frozen`: whether a frozen type around this one already says that this one is.
    fn written(&self, within_frozen: bool) -> String {
        if let Some(names) = self.native_names() {
            return format!("{PACKAGE}{}", names.class);
        }
        let frozen = match self {
            CqlType::List { frozen, .. } | CqlType::Set { frozen, .. } | CqlType::Map { frozen, .. } => *frozen,
            CqlType::UserType(definition) => definition.frozen,
            _ => false,
        };
        let within = within_frozen || frozen;
        let name = match self {
            CqlType::List { element, .. } => format!("{PACKAGE}ListType({})", element.written(within)),
            CqlType::Set { element, .. } => format!("{PACKAGE}SetType({})", element.written(within)),
            CqlType::Map { key, value, .. } => {
                format!("{PACKAGE}MapType({},{})", key.written(within), value.written(within))
            }
            CqlType::Tuple(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| field.written(true)).collect();
                format!("{PACKAGE}TupleType({})", fields.join(","))
            }
            CqlType::UserType(definition) => {
                let fields = definition
                    .fields
                    .iter()
                    .map(|(name, ty)| format!(",{}:{}", hex(name.as_bytes()), ty.written(within)));
                let name = hex(definition.name.as_bytes());
                format!(
                    "{PACKAGE}UserType({},{name}{})",
                    definition.keyspace,
                    fields.collect::<String>()
                )
            }
            CqlType::Vector { element, dimension } => {
                format!("{PACKAGE}VectorType({} , {dimension})", element.written(within_frozen))
            }
            CqlType::Custom(class) => class.to_string(),
            native => native.to_string(),
        };
        if frozen && !within_frozen {
            format!("{PACKAGE}FrozenType({name})")
        } else {
            name
        }
    }

    /// Reads a class name, with or without the package; and whether it was inside `ReversedType`. A class that stands for no
    /// type of CQL becomes a custom type.
    pub fn parse_class(text: &str) -> Result<(CqlType, bool), MarshalError> {
        let mut parser = Parser {
            text,
            rest: text.trim(),
            depth: 0,
        };
        let parsed = parser.parse_class()?;
        if parser.rest.is_empty() {
            Ok(parsed)
        } else {
            Err(parser.syntax_error())
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn parse_class(&mut self) -> Result<(CqlType, bool), MarshalError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.syntax_error());
        }
        let start = self.rest;
        let name = self.word()?;
        let class = name.strip_prefix(PACKAGE).unwrap_or(name);
        let parsed = match class {
            "ReversedType" => {
                self.symbol('(')?;
                let inner = self.parse_type()?;
                self.symbol(')')?;
                (inner, true)
            }
            _ => (self.parse_named(class, start)?, false),
        };
        self.depth -= 1;
        Ok(parsed)
    }

    fn parse_type(&mut self) -> Result<CqlType, MarshalError> {
        match self.parse_class()? {
            (ty, false) => Ok(ty),
            (_, true) => Err(self.syntax_error()),
        }
    }

    /// The type whose class has just been read; `start` is where its name began.
    fn parse_named(&mut self, class: &str, start: &'a str) -> Result<CqlType, MarshalError> {
        if let Some(native) = CqlType::native_of_class(class) {
            return Ok(native);
        }
        if !matches!(
            class,
            "FrozenType" | "ListType" | "SetType" | "MapType" | "TupleType" | "UserType" | "VectorType"
        ) {
            return self.custom(start);
        }
        self.symbol('(')?;
        let ty = match class {
            "FrozenType" => self.parse_type()?.freeze(),
            "ListType" => CqlType::list(self.parse_type()?.freeze()),
            "SetType" => CqlType::set(self.parse_type()?.freeze()),
            "MapType" => {
                let key = self.parse_type()?.freeze();
                self.symbol(',')?;
                CqlType::map(key, self.parse_type()?.freeze())
            }
            "TupleType" => {
                let mut fields = vec![self.parse_type()?];
                while self.symbol(',').is_ok() {
                    fields.push(self.parse_type()?);
                }
                CqlType::tuple(fields)
            }
            "UserType" => self.user_type()?,
            _ => {
                let element = self.parse_type()?.freeze();
                self.symbol(',')?;
                let dimension = self.word()?.parse().map_err(|_| self.syntax_error())?;
                CqlType::vector(element, dimension)
            }
        };
        self.symbol(')')?;
        Ok(ty)
    }

    fn user_type(&mut self) -> Result<CqlType, MarshalError> {
        let keyspace = self.word()?.to_owned();
        self.symbol(',')?;
        let name = self.hex_word()?;
        let mut fields = Vec::new();
        while self.symbol(',').is_ok() {
            let field = self.hex_word()?;
            self.symbol(':')?;
            fields.push((field, self.parse_type()?));
        }
        Ok(CqlType::UserType(Arc::new(UserType {
            keyspace,
            name,
            fields,
            frozen: false,
        })))
    }

    /// Everything of a class unknown here, its parameters included, as it is written.
    fn custom(&mut self, start: &'a str) -> Result<CqlType, MarshalError> {
        if self.rest.starts_with('(') {
            let mut depth = 0;
            let end = self.rest.find(|character| {
                depth += match character {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            self.rest = &self.rest[end.ok_or_else(|| self.syntax_error())? + 1..];
        }
        let class = &start[..start.len() - self.rest.len()];
        self.rest = self.rest.trim_start();
        Ok(CqlType::Custom(Arc::from(class.trim_end())))
    }

    fn hex_word(&mut self) -> Result<String, MarshalError> {
        let bytes = super::literal::from_hex(self.word()?)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.syntax_error())
    }

    fn word(&mut self) -> Result<&'a str, MarshalError> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || "-+._&".contains(character);
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

    fn symbol(&mut self, symbol: char) -> Result<(), MarshalError> {
        let rest = self.rest.strip_prefix(symbol).ok_or_else(|| self.syntax_error())?;
        self.rest = rest.trim_start();
        Ok(())
    }

    fn syntax_error(&self) -> MarshalError {
        MarshalError::TypeSyntax(self.text.to_owned())
    }
}
