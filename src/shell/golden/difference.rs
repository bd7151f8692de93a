//! Comparing outputs: line by line, syntax errors by their place alone, lists of a function's signatures in any order.

/// Whether two outputs are as good as equal.
pub fn same_output(expected: &[String], actual: &[String]) -> bool {
    expected.len() == actual.len() && expected.iter().zip(actual).all(|(left, right)| same_line(left, right))
}

fn same_line(expected: &str, actual: &str) -> bool {
    expected == actual
        || match (syntax_error(expected), syntax_error(actual)) {
            (Some(expected), Some(actual)) => expected == actual,
            _ => signatures(expected).is_some_and(|it| Some(it) == signatures(actual)),
        }
}

/// A message that lists signatures, in whichever order a hash map had them in that process: what is around them, and they sorted.
fn signatures(line: &str) -> Option<(&str, Vec<&str>, &str)> {
    let start = line.find(" signatures: ")? + " signatures: ".len();
    let (before, rest) = line.split_at(start);
    let end = rest.rfind(')')?;
    let mut all: Vec<&str> = rest[..end].split(", system.").collect();
    all[0] = all[0].trim_start_matches("system.");
    all.sort_unstable();
    Some((before, all, &rest[end..]))
}

/// A syntax error's place, `line 1:7`; what is said beyond is left to taste.
fn syntax_error(line: &str) -> Option<&str> {
    let message = line.strip_prefix("SyntaxException: ")?;
    let place = message.strip_prefix("line ").map_or(0, |place| {
        let digits = place.find(|c: char| !c.is_ascii_digit() && c != ':');
        "line ".len() + digits.unwrap_or(place.len())
    });
    Some(&message[..place])
}

/// What is missing (`-`) and what is too much (`+`), with the common lines between.
pub fn diff(expected: &[String], actual: &[String]) -> Vec<String> {
    let (rows, columns) = (expected.len(), actual.len());
    // Lengths of the longest common subsequences of what is left.
    let mut common = vec![vec![0usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            common[row][column] = if same_line(&expected[row], &actual[column]) {
                common[row + 1][column + 1] + 1
            } else {
                common[row + 1][column].max(common[row][column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    while row < rows || column < columns {
        if row < rows && column < columns && same_line(&expected[row], &actual[column]) {
            lines.push(format!("  {}", expected[row]));
            (row, column) = (row + 1, column + 1);
        } else if column == columns || row < rows && common[row + 1][column] >= common[row][column + 1] {
            lines.push(format!("- {}", expected[row]));
            row += 1;
        } else {
            lines.push(format!("+ {}", actual[column]));
            column += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(Into::into).collect()
    }

    #[test]
    fn syntax_errors_are_equal_when_their_place_is() {
        let same = |left: &str, right: &str| same_output(&lines(left), &lines(right));
        assert!(same(
            "SyntaxException: line 1:7 no viable",
            "SyntaxException: line 1:7 mismatched"
        ));
        assert!(!same("SyntaxException: line 1:7 a", "SyntaxException: line 1:8 a"));
        assert!(!same("SyntaxException: line 1:7 a", "SyntaxException: a"));
        assert!(same("SyntaxException: Failed parsing", "SyntaxException: odd"));
        assert!(!same("InvalidRequest: a", "InvalidRequest: b"));
        assert!(!same("a", "a\nb"));
        let listed = |list: &str| format!("none matches (known type signatures: {list})\"");
        assert!(same(
            &listed("system.f : (a, b) -> c, system.f : (d) -> e"),
            &listed("system.f : (d) -> e, system.f : (a, b) -> c")
        ));
        assert!(!same(
            &listed("system.f : (a, b) -> c"),
            &listed("system.f : (a, b) -> d")
        ));
    }

    #[test]
    fn differences_are_shown() {
        let shown = diff(&lines("a\nb\nc"), &lines("a\nx\nc\nd"));
        assert_eq!(shown, ["  a", "- b", "+ x", "  c", "+ d"]);
    }
}
