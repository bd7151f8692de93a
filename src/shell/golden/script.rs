//! The format: blocks with an empty line between them, each input, a line `---` and output.

/// One exchange of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins, counted from 1.
    pub line: usize,
    pub input: Vec<String>,
    /// A lone `.` stands for an empty line.
    pub output: Vec<String>,
}

/// The blocks of a script; those of comments alone are left out.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while lines.peek().is_some() {
        let chunk: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| !line.trim().is_empty()).collect();
        let body: Vec<(usize, &str)> = chunk.into_iter().filter(|(_, line)| !line.starts_with('#')).collect();
        let Some((first, _)) = body.first() else {
            continue;
        };
        let separator = body.iter().position(|(_, line)| *line == "---").unwrap_or(body.len());
        let (input, output) = body.split_at(separator);
        let owned = |lines: &[(usize, &str)]| lines.iter().map(|(_, line)| (*line).to_owned()).collect();
        blocks.push(Block {
            line: first + 1,
            input: owned(input),
            output: owned(output.get(1..).unwrap_or_default()),
        });
    }
    blocks
}

/// Output as scripts write it: no trailing spaces, no blank lines around it, a `.` for those within.
pub fn tidy(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.split('\n').map(str::trim_end).collect();
    let is_text = |line: &&str| !line.is_empty();
    let Some(first) = lines.iter().position(is_text) else {
        return Vec::new();
    };
    let last = lines.iter().rposition(is_text).unwrap_or(first);
    let shown = |line: &&str| {
        if line.is_empty() {
            ".".to_owned()
        } else {
            (*line).to_owned()
        }
    };
    lines[first..=last].iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_script() {
        let text = "# About\nUSE a;\n---\n\n# Alone\n\nSELECT *\nFROM t;\n---\n id\n.\n(0 rows)\n";
        let blocks = parse(text);
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].line, &blocks[0].input[..]), (2, &["USE a;".to_owned()][..]));
        assert!(blocks[0].output.is_empty());
        assert_eq!((blocks[1].line, blocks[1].input.len()), (7, 2));
        assert_eq!(blocks[1].output, [" id", ".", "(0 rows)"]);
    }

    #[test]
    fn output_is_tidied() {
        assert_eq!(tidy("\n\n a  \n\n b\n\n"), [" a", ".", " b"]);
        assert!(tidy("\n  \n").is_empty());
    }
}
