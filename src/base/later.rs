//! Long texts that few runs ever read. The build of the page cuts them out of what it opens with and puts them beside the functions
//! that read them (xtask/src/parts), which it knows by two marks.

/// A constant text between the marks, as the text.
macro_rules! later {
    ($text:expr) => {
        $crate::base::later::unmarked(concat!("\u{1}later\u{2}", $text, "\u{2}later\u{1}"))
    };
}
pub(crate) use later;

const MARK: usize = "\u{1}later\u{2}".len();

pub const fn unmarked(text: &'static str) -> &'static str {
    let (_, text) = text.split_at(MARK);
    text.split_at(text.len() - MARK).0
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_marked_text_is_the_text() {
        assert_eq!(later!("a text"), "a text");
    }
}
