//! WITH: properties of keyspaces, tables, views and indexes.

use super::super::ast::{TableOptions, Term};
use super::super::error::SyntaxError;
use super::super::keyword::Keyword;
use super::super::token::TokenKind;
use super::{Parse, Parser};
use crate::base::SortedMap;
use crate::schema::{Properties, PropertyValue};

impl Parser<'_> {
    /// `a = 1 AND b = {...}`
    pub(super) fn properties(&mut self) -> Parse<Properties> {
        let mut properties = Properties::default();
        self.and_separated(|parser| parser.property(&mut properties))?;
        Ok(properties)
    }

    fn property(&mut self, properties: &mut Properties) -> Parse<()> {
        if !self.peek(0).is_name() {
            return self.no_viable(0);
        }
        if self.peek(1) != TokenKind::Equal {
            return self.no_viable(1);
        }
        let first_of_value = self.peek(2);
        let is_map = first_of_value == TokenKind::LeftBrace;
        if !is_map && !first_of_value.is_constant() && !first_of_value.is_unreserved() {
            return self.no_viable(2);
        }
        let name = self.name()?;
        self.advance();
        let value = if is_map {
            PropertyValue::Map(self.property_map()?)
        } else if first_of_value.is_constant() {
            PropertyValue::Text(self.constant()?.text)
        } else {
            PropertyValue::Text(self.advance_text().into_owned())
        };
        if let Err(error) = properties.add(&name, value) {
            self.complain(SyntaxError::unplaced(error.to_string()));
        }
        Ok(())
    }

    /// `{'key': 'value'}`, whose keys and values have to be constants.
    pub(super) fn property_map(&mut self) -> Parse<SortedMap<String, String>> {
        self.expect(TokenKind::LeftBrace)?;
        let entries = if self.peek(0).starts_term() {
            self.comma_separated(Self::map_entry)?
        } else {
            Vec::new()
        };
        self.expect(TokenKind::RightBrace)?;

        let mut constants = SortedMap::new();
        for (key, value) in entries {
            match (key, value) {
                (Term::Literal(key), Term::Literal(value)) => {
                    let message = format!("Multiple definition for property {}", key.text);
                    if constants.insert(key.text, value.text).is_some() {
                        self.complain(SyntaxError::unplaced(message));
                    }
                }
                (Term::Literal(key), value) => {
                    let message = format!("Invalid property value: {value} for property: {key}");
                    self.complain_of_property(message, &value);
                    break;
                }
                (key, _) => {
                    self.complain_of_property(format!("Invalid property name: {key}"), &key);
                    break;
                }
            }
        }
        Ok(constants)
    }

    fn complain_of_property(&mut self, mut message: String, term: &Term) {
        if matches!(term, Term::Marker(_)) {
            message.push_str(" (bind variables are not supported in DDL queries)");
        }
        self.complain(SyntaxError::unplaced(message));
    }

    /// WITH of a table or view, if it is there.
    pub(super) fn table_options(&mut self) -> Parse<TableOptions> {
        let mut options = TableOptions::default();
        if self.accept_word(Keyword::With) {
            self.and_separated(|parser| parser.table_option(&mut options))?;
        }
        Ok(options)
    }

    fn table_option(&mut self, options: &mut TableOptions) -> Parse<()> {
        let (own_syntax, goes_on) = match self.peek(0) {
            TokenKind::Keyword(Keyword::Compact) => (Keyword::Compact, Keyword::Storage),
            TokenKind::Keyword(Keyword::Clustering) => (Keyword::Clustering, Keyword::Order),
            _ => return self.property(&mut options.properties),
        };
        match self.peek(1) {
            TokenKind::Equal => return self.property(&mut options.properties),
            TokenKind::Keyword(next) if next == goes_on => {}
            _ => return self.no_viable(1),
        }
        self.advance();
        self.advance();
        if own_syntax == Keyword::Compact {
            options.compact_storage = true;
            return Ok(());
        }
        self.expect_word(Keyword::By)?;
        let order = self.parenthesized(|parser| {
            parser.comma_separated(|parser| {
                let column = parser.name()?;
                match parser.direction() {
                    Some(direction) => Ok((column, direction)),
                    None => parser.no_viable(0),
                }
            })
        })?;
        options.clustering_order.extend(order);
        Ok(())
    }
}
