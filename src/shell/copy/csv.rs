//! Lines of comma separated values, in the dialects that Python's `csv` module knows: cqlsh uses it.

/// How fields are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: char,
    pub quote: char,
    /// The same as `quote`: a quote within quotes is doubled.
    pub escape: char,
}

impl Dialect {
    fn doubles(&self) -> bool {
        self.quote == self.escape
    }

    /// Appends a line. Quoted is what would be read as something else, and a single field without text.
    pub fn write(&self, fields: &[String], out: &mut String) {
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                out.push(self.delimiter);
            }
            let is_quoted =
                |c: char| c == self.delimiter || c == '\r' || c == '\n' || (self.doubles() && c == self.quote);
            let quoted = field.chars().any(is_quoted) || (field.is_empty() && fields.len() == 1);
            if quoted {
                out.push(self.quote);
            }
            for c in field.chars() {
                if c == self.quote || c == self.escape {
                    out.push(self.escape);
                }
                out.push(c);
            }
            if quoted {
                out.push(self.quote);
            }
        }
        out.push_str("\r\n");
    }

    /// All lines, each with its fields. Empty lines are none.
    pub fn read(&self, text: &str) -> Vec<Vec<String>> {
        let (mut lines, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
        let (mut in_quotes, mut any) = (false, false);
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if !in_quotes && (c == '\n' || c == '\r') {
                if c == '\r' {
                    rest.next_if_eq(&'\n');
                }
                if any {
                    fields.push(core::mem::take(&mut field));
                    lines.push(core::mem::take(&mut fields));
                }
                any = false;
                continue;
            }
            any = true;
            let escapes = match self.doubles() {
                true => in_quotes && c == self.quote && rest.peek() == Some(&self.quote),
                false => c == self.escape,
            };
            if escapes {
                field.extend(rest.next());
            } else if c == self.quote && (in_quotes || field.is_empty()) {
                in_quotes = !in_quotes;
            } else if !in_quotes && c == self.delimiter {
                fields.push(core::mem::take(&mut field));
            } else {
                field.push(c);
            }
        }
        if any {
            fields.push(field);
            lines.push(fields);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dialect(escape: char) -> Dialect {
        Dialect {
            delimiter: ',',
            quote: '"',
            escape,
        }
    }

    #[test]
    fn as_python_writes_it() {
        let mut out = String::new();
        let fields = ["a", "b,c", "say \"x\"", "back\\slash", ""].map(str::to_owned);
        dialect('\\').write(&fields, &mut out);
        assert_eq!(out, "a,\"b,c\",say \\\"x\\\",back\\\\slash,\r\n");
        out.clear();
        dialect('"').write(&fields, &mut out);
        assert_eq!(out, "a,\"b,c\",\"say \"\"x\"\"\",back\\slash,\r\n");
        out.clear();
        dialect('\\').write(&[String::new()], &mut out);
        assert_eq!(out, "\"\"\r\n");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            lines in prop::collection::vec(prop::collection::vec("[a,\"\\\\\r\n é]{0,6}", 1..4), 0..5),
            doubles in any::<bool>(),
        ) {
            let dialect = dialect(if doubles { '"' } else { '\\' });
            let mut text = String::new();
            lines.iter().for_each(|line| dialect.write(line, &mut text));
            prop_assert_eq!(dialect.read(&text), lines);
        }
    }
}
