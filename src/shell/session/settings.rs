//! What a session remembers from one statement to the next, and what cqlsh says when it is asked or changed.

use super::super::command::Paging;
use crate::data::{ConsistencyLevel, KeyspaceName};

/// Rows a page. cqlsh's `default_page_size`.
const DEFAULT_PAGE_SIZE: u32 = 100;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The one in USE.
    pub keyspace: Option<KeyspaceName>,
    pub consistency: ConsistencyLevel,
    pub serial_consistency: ConsistencyLevel,
    pub tracing: bool,
    pub expand: bool,
    pub(super) paging: bool,
    pub(super) page_size: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            keyspace: None,
            consistency: ConsistencyLevel::One,
            serial_consistency: ConsistencyLevel::Serial,
            tracing: false,
            expand: false,
            paging: true,
            page_size: DEFAULT_PAGE_SIZE,
        }
    }
}

impl Settings {
    /// Rows a page; none is all in one, and so is a page of no rows.
    pub fn page_size(&self) -> Option<u32> {
        (self.paging && self.page_size > 0).then_some(self.page_size)
    }

    pub fn consistency(&mut self, level: Option<ConsistencyLevel>) -> String {
        let Some(level) = level else {
            return format!("Current consistency level is {}.\n", self.consistency);
        };
        self.consistency = level;
        format!("Consistency level set to {level}.\n")
    }

    pub fn serial_consistency(&mut self, level: Option<ConsistencyLevel>) -> String {
        let Some(level) = level else {
            return format!("Current serial consistency level is {}.\n", self.serial_consistency);
        };
        self.serial_consistency = level;
        format!("Serial consistency level set to {level}.\n")
    }

    pub fn paging(&mut self, paging: Option<Paging>) -> String {
        let mut text = match paging {
            None => switch("PAGING", &mut self.paging, None),
            Some(Paging::On) => switch("PAGING", &mut self.paging, Some(true)),
            Some(Paging::Off) => switch("PAGING", &mut self.paging, Some(false)),
            Some(Paging::Size(size)) => {
                self.paging = true;
                self.page_size = size;
                String::new()
            }
        };
        if self.paging {
            text += &format!("Page size: {}\n", self.page_size);
        } else {
            self.page_size = DEFAULT_PAGE_SIZE;
        }
        text
    }
}

/// Sets something to ON or OFF, or says which it is.
pub fn switch(name: &str, state: &mut bool, to: Option<bool>) -> String {
    let word = |on: bool| if on { "ON" } else { "OFF" };
    match to {
        None => format!("{name} is {}\n", word(*state)),
        Some(to) if to == *state => format!("{name} is already {}\n", word(to)),
        Some(to) => {
            *state = to;
            format!("{name} set to {}\n", word(to))
        }
    }
}
