//! JSON laid out as Jackson's printer lays it out with the indenters of `sstabledump`: an object or array that is compact as it begins
//! a value keeps it on the line.

/// Writes values one after the other. What is compact is a switch that each call reads, as in Cassandra's `CompactIndenter`.
#[derive(Debug, Default)]
pub struct Json {
    out: String,
    nesting: usize,
    /// Whether each value that is open is an array, and how many entries it has.
    open: Vec<(bool, usize)>,
    after_name: bool,
    pub compact_objects: bool,
    pub compact_arrays: bool,
}

impl Json {
    pub fn finish(self) -> String {
        self.out
    }

    fn indent(&mut self, compact: bool) {
        if compact {
            self.out.push(' ');
        } else {
            self.out.push('\n');
            (0..self.nesting).for_each(|_| self.out.push_str("  "));
        }
    }

    /// What goes before a value.
    fn before_value(&mut self) {
        if core::mem::take(&mut self.after_name) {
            return;
        }
        if let Some((true, count)) = self.open.last_mut() {
            *count += 1;
            if *count > 1 {
                self.out.push(',');
            }
            self.indent(self.compact_arrays);
        }
    }

    pub fn name(&mut self, name: &str) {
        if let Some((false, count)) = self.open.last_mut() {
            *count += 1;
            if *count > 1 {
                self.out.push(',');
            }
        }
        self.indent(self.compact_objects);
        self.out.push_str(&crate::cql::text::quoted(name));
        self.out.push_str(" : ");
        self.after_name = true;
    }

    pub fn raw(&mut self, value: &str) {
        self.before_value();
        self.out.push_str(value);
    }

    pub fn text(&mut self, text: &str) {
        self.raw(&crate::cql::text::quoted(text));
    }

    pub fn field(&mut self, name: &str, text: &str) {
        self.name(name);
        self.text(text);
    }

    pub fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.raw(&number.to_string());
    }

    pub fn boolean(&mut self, name: &str, value: bool) {
        self.name(name);
        self.raw(if value { "true" } else { "false" });
    }

    pub fn start_object(&mut self) {
        self.start('{', false);
    }

    pub fn start_array(&mut self) {
        self.start('[', true);
    }

    fn start(&mut self, bracket: char, is_array: bool) {
        self.before_value();
        self.out.push(bracket);
        self.nesting += 1;
        self.open.push((is_array, 0));
    }

    /// Ends the object or array that began last.
    pub fn end(&mut self) {
        let Some((is_array, count)) = self.open.pop() else {
            return;
        };
        self.nesting -= 1;
        match count {
            0 => self.out.push(' '),
            _ => self.indent(if is_array {
                self.compact_arrays
            } else {
                self.compact_objects
            }),
        }
        self.out.push(if is_array { ']' } else { '}' });
    }
}
