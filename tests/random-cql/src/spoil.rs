//! Statements with a token too many, too few, or in the wrong place.

use crate::dice::Dice;

/// Splits at spaces and punctuation, quoted text in one piece.
fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut quote = None;
    let mut word = String::new();
    for c in text.chars() {
        if let Some(end) = quote {
            word.push(c);
            if c == end {
                quote = None;
            }
        } else if c == '\'' || c == '"' {
            quote = Some(c);
            word.push(c);
        } else if c.is_alphanumeric() || "_.-".contains(c) {
            word.push(c);
        } else {
            if !word.is_empty() {
                found.push(core::mem::take(&mut word));
            }
            if c != ' ' {
                found.push(c.into());
            }
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

pub fn spoil(dice: &Dice, text: &str) -> String {
    let mut tokens = tokens(text);
    let place = dice.below(tokens.len());
    let odd = [
        "FROM", "(", ")", ",", "=", "nowhere", "1", "'a'", "AND", "WHERE", "SELECT", "null", "[", "{", ":", "?",
        "LIMIT", "*", ".", "IN", "0x", "1.5", "true", "NaN", "-", "<", "\"q\"", "IF", "SET", "TOKEN", "as", "order",
    ];
    match dice.below(5) {
        0 => drop(tokens.remove(place)),
        1 => tokens.insert(place, tokens[place].clone()),
        2 if place + 1 < tokens.len() => tokens.swap(place, place + 1),
        3 => tokens.truncate(place.max(1)),
        _ => tokens[place] = (*dice.pick(&odd)).into(),
    }
    tokens.join(" ")
}
