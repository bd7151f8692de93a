//! The properties of a `WITH` clause, before they are options of something.
//!
//! Source: Cassandra 5.0, `PropertyDefinitions.java`.

use super::SchemaError;
use super::compaction::java_float;
use crate::base::SortedMap;

/// A property's value: the text of a constant, or a map of such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    Text(String),
    Map(SortedMap<String, String>),
}

/// The properties of one statement, each taken once by whoever knows it; what is left over is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(SortedMap<String, PropertyValue>);

impl Properties {
    pub fn add(&mut self, name: &str, value: PropertyValue) -> Result<(), SchemaError> {
        match self.0.insert(name.to_string(), value) {
            None => Ok(()),
            Some(_) => Err(SchemaError::Syntax(format!(
                "Multiple definitions for property '{name}'"
            ))),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>, SchemaError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(PropertyValue::Text(text)) => Ok(Some(text)),
            Some(PropertyValue::Map(_)) => Err(wrong_shape(name, "string")),
        }
    }

    pub(super) fn take_map(&mut self, name: &str) -> Result<Option<SortedMap<String, String>>, SchemaError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(PropertyValue::Map(map)) => Ok(Some(map)),
            Some(PropertyValue::Text(_)) => Err(wrong_shape(name, "map")),
        }
    }

    pub(super) fn take_boolean(&mut self, name: &str) -> Result<Option<bool>, SchemaError> {
        let Some(text) = self.take_text(name)? else {
            return Ok(None);
        };
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => Ok(Some(true)),
            "0" | "false" | "no" => Ok(Some(false)),
            _ => Err(SchemaError::Syntax(format!(
                "Invalid boolean value {text} for '{name}'. Positive values can be '1', 'true' or 'yes'. \
                 Negative values can be '0', 'false' or 'no'."
            ))),
        }
    }

    pub(super) fn take_integer(&mut self, name: &str) -> Result<Option<i32>, SchemaError> {
        let Some(text) = self.take_text(name)? else {
            return Ok(None);
        };
        let wrong = |_| SchemaError::Syntax(format!("Invalid integer value {text} for '{name}'"));
        text.parse().map(Some).map_err(wrong)
    }

    pub(super) fn take_double(&mut self, name: &str) -> Result<Option<f64>, SchemaError> {
        let Some(text) = self.take_text(name)? else {
            return Ok(None);
        };
        match java_float(&text) {
            Some(number) => Ok(Some(number)),
            None => Err(SchemaError::Syntax(format!("Invalid double value {text} for '{name}'"))),
        }
    }

    /// Fails when a property is left that nobody took.
    pub(super) fn finish(self) -> Result<(), SchemaError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(SchemaError::Syntax(format!("Unknown property '{name}'"))),
        }
    }
}

fn wrong_shape(name: &str, shape: &str) -> SchemaError {
    SchemaError::Syntax(format!("Invalid value for property '{name}'. It should be a {shape}."))
}
