//! A Rust file as the tidy rules see it: comments and literals blanked, names read out, test code marked.

use std::ops::Range;

/// One source file, read once; every rule asks it questions.
pub struct Source {
    /// Relative to the checkout, with forward slashes.
    pub path: String,
    pub text: String,
    /// Same length as `text`; comments and the insides of literals are spaces, so a rule never trips over prose.
    code: String,
    tests: Vec<Range<usize>>,
    inline_modules: Vec<Range<usize>>,
}

/// A path as written (`crate::ring::Token`, `HashMap::new`) or a method name (`.unwrap`), with `use` trees expanded.
#[derive(Debug, PartialEq)]
pub struct Name {
    pub at: usize,
    pub segments: Vec<String>,
    pub is_method: bool,
    /// Where the name ends, to look at what follows it.
    pub end: usize,
}

impl Name {
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    pub fn starts_with(&self, prefix: &[&str]) -> bool {
        !self.is_method && self.segments.len() >= prefix.len() && self.segments.iter().zip(prefix).all(|(a, b)| a == b)
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let mut tests = test_items(&code);
        if path.starts_with("tests/") {
            tests.push(0..code.len());
        }
        let mut source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            tests,
            inline_modules: Vec::new(),
        };
        source.inline_modules = source.find_inline_modules();
        source
    }

    /// Declares the whole file test code: its parent says `#[cfg(test)] mod name;`.
    pub fn mark_as_test(&mut self) {
        self.tests.push(0..self.code.len());
    }

    pub fn line_of(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// What follows a position, without blanks in front.
    pub fn after(&self, at: usize) -> &str {
        self.code[at..].trim_start()
    }

    pub fn positions(&self, needle: &str) -> Vec<usize> {
        self.code.match_indices(needle).map(|(at, _)| at).collect()
    }

    /// How many inline `mod name { ... }` stand around a position.
    pub fn inline_modules_around(&self, at: usize) -> usize {
        self.inline_modules.iter().filter(|range| range.contains(&at)).count()
    }

    fn find_inline_modules(&self) -> Vec<Range<usize>> {
        let names = self.names_raw();
        let declared = names
            .windows(2)
            .filter(|pair| pair[0].segments == ["mod"])
            .map(|pair| &pair[1]);
        let inline = declared.filter(|name| self.after(name.end).starts_with('{'));
        inline.map(|name| name.at..item_end(&self.code, name.at)).collect()
    }

    /// Names of the modules this file declares without a body, and whether each is for tests only.
    pub fn child_modules(&self) -> Vec<(String, bool)> {
        let names = self.names_raw();
        let declared = names
            .windows(2)
            .filter(|pair| pair[0].segments == ["mod"])
            .map(|pair| &pair[1]);
        declared
            .filter(|name| self.after(name.end).starts_with(';'))
            .map(|name| (name.last().to_owned(), self.is_test(name.at)))
            .collect()
    }

    /// Every path and method name in the file, `use` trees expanded to full paths.
    pub fn names(&self) -> Vec<Name> {
        let raw = self.names_raw();
        let mut names = Vec::new();
        let mut skip_to = 0;
        for name in raw {
            if name.at < skip_to {
                continue;
            }
            // `use<'a>` in a type lists what it captures and imports nothing.
            let is_import = name.segments == ["use"] && !name.is_method && !self.code[name.end..].starts_with('<');
            if is_import {
                skip_to = expand_use(&self.code, name.end, &[], &mut names);
            } else {
                names.push(name);
            }
        }
        names
    }

    fn names_raw(&self) -> Vec<Name> {
        let bytes = self.code.as_bytes();
        let (mut names, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            if !is_ident_start(bytes[at]) {
                at += if bytes[at].is_ascii_digit() {
                    ident_len(&bytes[at..])
                } else {
                    1
                };
                continue;
            }
            let (segments, end) = read_path(&self.code, at);
            let is_method = at > 0 && bytes[at - 1] == b'.' && (at < 2 || bytes[at - 2] != b'.');
            names.push(Name {
                at,
                segments,
                is_method,
                end,
            });
            at = end;
        }
        names
    }
}

/// Counts the type arguments at the head of `code` (`<K, V>` or `::<K, V>`); `None` when there are none.
pub fn type_arguments(code: &str) -> Option<usize> {
    let list = code.strip_prefix("::").unwrap_or(code).strip_prefix('<')?;
    let (mut depth, mut commas, mut previous, mut pending) = (1usize, 0, ' ', false);
    for c in list.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if previous == '-' => {}
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 1 => (commas, pending) = (commas + 1, false),
            c if !c.is_whitespace() => pending = true,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        previous = c;
    }
    Some(commas + usize::from(pending || commas == 0))
}

fn read_path(code: &str, start: usize) -> (Vec<String>, usize) {
    let bytes = code.as_bytes();
    let (mut segments, mut at) = (Vec::new(), start);
    loop {
        let end = at + ident_len(&bytes[at..]);
        segments.push(code[at..end].to_owned());
        if code[end..].starts_with("::") && bytes.get(end + 2).copied().is_some_and(is_ident_start) {
            at = end + 2;
        } else {
            return (segments, end);
        }
    }
}

/// Reads one `use` tree from `at`; adds a name for each leaf and returns where the tree ends.
fn expand_use(code: &str, at: usize, prefix: &[String], names: &mut Vec<Name>) -> usize {
    let bytes = code.as_bytes();
    let mut at = at;
    let mut path = prefix.to_vec();
    let start = at + code[at..].len() - code[at..].trim_start().len();
    loop {
        match bytes.get(at) {
            None | Some(b';') | Some(b',') | Some(b'}') => {
                if path.len() > prefix.len() {
                    names.push(Name {
                        at: start,
                        segments: path,
                        is_method: false,
                        end: at,
                    });
                }
                return at;
            }
            Some(b'{') => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'}' {
                    at = expand_use(code, at, &path, names);
                    at += usize::from(matches!(bytes.get(at), Some(b',' | b';')));
                    at += code[at..].len() - code[at..].trim_start().len();
                }
                return at + 1;
            }
            Some(b'*') => {
                path.push("*".to_owned());
                at += 1;
            }
            Some(&b) if is_ident_start(b) => {
                let end = at + ident_len(&bytes[at..]);
                if &code[at..end] == "as" {
                    at = end + code[end..].find([';', ',', '}']).unwrap_or(0);
                } else {
                    path.push(code[at..end].to_owned());
                    at = end;
                }
            }
            Some(_) => at += 1,
        }
    }
}

/// The ranges of items under `#[cfg(test)]` and of functions under `#[test]`.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let attributes = ["#[cfg(test)]", "#[cfg(all(test", "#[test]", "#[wasm_bindgen_test]"];
    let starts = attributes.iter().flat_map(|attribute| code.match_indices(attribute));
    starts.map(|(at, _)| at..item_end(code, at)).collect()
}

/// The end of the item that starts at `start`: its `;`, or the brace that closes its first `{`.
fn item_end(code: &str, start: usize) -> usize {
    let (mut braces, mut others) = (0usize, 0usize);
    for (offset, byte) in code.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'(' | b'[' => others += 1,
            b')' | b']' => others = others.saturating_sub(1),
            b'{' => braces += 1,
            b'}' if braces <= 1 => return start + offset + 1,
            b'}' => braces -= 1,
            b';' if braces == 0 && others == 0 => return start + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// Spaces in place of comments and of what literals hold; the length and the line breaks stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment_end(bytes, at);
        match end {
            Some(end) => {
                code[at..end]
                    .iter_mut()
                    .filter(|byte| **byte != b'\n')
                    .for_each(|byte| *byte = b' ');
                at = end;
            }
            None if is_ident_start(bytes[at]) => at += ident_len(&bytes[at..]),
            None => at += 1,
        }
    }
    String::from_utf8(code).expect("whole literals and comments are blanked, so no character is cut")
}

fn literal_or_comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return Some(at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return Some(at + block_comment_len(rest));
    }
    let prefix = [&b"br"[..], b"cr", b"b", b"c", b"r"]
        .into_iter()
        .find(|p| rest.starts_with(p))
        .unwrap_or(b"");
    let body = &rest[prefix.len()..];
    if prefix.ends_with(b"r") {
        let hashes = body.iter().take_while(|b| **b == b'#').count();
        if body.get(hashes) == Some(&b'"') {
            let close: Vec<u8> = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            let inside = &body[hashes + 1..];
            let len = inside
                .windows(close.len())
                .position(|w| w == close)
                .unwrap_or(inside.len());
            return Some((at + prefix.len() + hashes + 1 + len + close.len()).min(bytes.len()));
        }
        return None;
    }
    match body.first() {
        Some(b'"') => Some(at + prefix.len() + quoted_len(body, b'"')),
        Some(b'\'') if is_char_literal(body) => Some(at + prefix.len() + quoted_len(body, b'\'')),
        _ => None,
    }
}

fn block_comment_len(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_len(body: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < body.len() && body[at] != quote {
        at += if body[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(body.len())
}

/// Tells `'a'` from the lifetime `'a`.
fn is_char_literal(body: &[u8]) -> bool {
    let Some(first) = body.get(1) else { return false };
    let width = match first {
        b'\\' => return true,
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    body.get(1 + width) == Some(&b'\'')
}

fn is_ident_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn ident_len(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .count()
}
