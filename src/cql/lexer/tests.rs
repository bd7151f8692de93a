use proptest::prelude::*;

use super::*;

fn kinds(text: &str) -> Vec<TokenKind> {
    let (tokens, error) = tokenize(text);
    assert_eq!(error, None, "{text}");
    tokens[..tokens.len() - 1].iter().map(|token| token.kind).collect()
}

fn only(text: &str) -> TokenKind {
    let kinds = kinds(text);
    assert_eq!(kinds.len(), 1, "{text}: {kinds:?}");
    kinds[0]
}

fn error(text: &str) -> LexError {
    tokenize(text).1.expect("no token")
}

#[test]
fn words() {
    assert_eq!(only("SeLeCt"), TokenKind::Keyword(Keyword::Select));
    assert_eq!(only("selected_2"), TokenKind::Identifier);
    assert_eq!(only("TRUE"), TokenKind::Boolean);
    assert_eq!(only("\"SELECT\""), TokenKind::QuotedName);
    assert_eq!(only("\"\""), TokenKind::EmptyQuotedName);
    assert_eq!(only("\"\"\"\""), TokenKind::QuotedName);
    assert_eq!(
        kinds("expr(expr ("),
        [
            TokenKind::ExpressionOpen,
            TokenKind::Identifier,
            TokenKind::LeftParenthesis
        ]
    );
}

#[test]
fn what_quoted_tokens_say() {
    for (text, says) in [
        ("'it''s'", "it's"),
        ("''", ""),
        ("''''", "'"),
        ("$$it's$$", "it's"),
        ("\"a\"\"b\"", "a\"b"),
        ("\"it''s\"", "it''s"),
    ] {
        let (tokens, _) = tokenize(text);
        assert_eq!(tokens[0].text(text), says);
    }
}

#[test]
fn numbers_durations_and_uuids_may_begin_alike() {
    for (text, kind) in [
        ("12", TokenKind::Integer),
        ("-12", TokenKind::Integer),
        ("1.", TokenKind::Float),
        ("1.5e-7", TokenKind::Float),
        ("12345678e3", TokenKind::Float),
        ("0xCAfe", TokenKind::Hex),
        ("0x", TokenKind::Hex),
        ("1h30m", TokenKind::Duration),
        ("-1mo2ms", TokenKind::Duration),
        ("12d", TokenKind::Duration),
        ("5µs", TokenKind::Duration),
        ("P1Y2M3DT4H5M6S", TokenKind::Duration),
        ("-P2W", TokenKind::Duration),
        ("PT1H", TokenKind::Duration),
        ("P2026-11-20T13:14:15", TokenKind::Duration),
        ("P1Y2", TokenKind::Identifier),
        ("PT", TokenKind::Identifier),
        ("p1y", TokenKind::Identifier),
        ("12345678-1234-1234-1234-123456789abc", TokenKind::Uuid),
        ("1e345678-1234-1234-1234-123456789abc", TokenKind::Uuid),
        ("12d45678-1234-1234-1234-123456789abc", TokenKind::Uuid),
        ("abcdef12-1234-1234-1234-123456789abc", TokenKind::Uuid),
        ("abcdef12", TokenKind::Identifier),
        ("NaN", TokenKind::Keyword(Keyword::Nan)),
        ("-infinity", TokenKind::NegativeInfinity),
    ] {
        assert_eq!(only(text), kind, "{text}");
    }
}

#[test]
fn numbers_beside_other_things() {
    use TokenKind::{Float, Identifier, Integer, Minus, Range};
    assert_eq!(kinds("1..2"), [Integer, Range, Integer]);
    assert_eq!(kinds("1...2"), [Float, Range, Integer]);
    assert_eq!(kinds("1-2"), [Integer, Integer]);
    assert_eq!(kinds("1 - 2"), [Integer, Minus, Integer]);
    assert_eq!(kinds("0xzz"), [TokenKind::Hex, Identifier]);
}

#[test]
fn a_token_begun_must_be_ended() {
    for (text, offset, kind) in [
        ("1e,", 2, LexErrorKind::NoToken),
        ("1.5e,", 4, LexErrorKind::ExpectedMore),
        ("a -nx", 4, LexErrorKind::ExpectedOneOf),
        ("'open", 5, LexErrorKind::Expected('\'')),
        ("\"", 1, LexErrorKind::NoToken),
        ("$$open", 5, LexErrorKind::Expected('$')),
        ("1 -- no newline", 15, LexErrorKind::ExpectedOneOf),
        ("/* open", 7, LexErrorKind::Expected('*')),
        ("a ! b", 3, LexErrorKind::Expected('=')),
        ("1a2b3c4-", 7, LexErrorKind::ExpectedOneOf),
        ("1h2x", 3, LexErrorKind::NoToken),
        ("@", 0, LexErrorKind::NoToken),
        ("ü", 0, LexErrorKind::NoToken),
    ] {
        assert_eq!(error(text), LexError { offset, kind }, "{text}");
    }
}

#[test]
fn comments_are_hidden() {
    assert_eq!(
        kinds("a -- b\n// c\r/* d\n */ e"),
        [TokenKind::Identifier, TokenKind::Identifier]
    );
}

proptest! {
    #[test]
    fn tokens_cover_the_text_in_order(text in "[ -~\n\u{b5}é]{0,60}") {
        let mut position = 0;
        for token in Lexer::new(&text) {
            match token {
                Ok(token) => {
                    prop_assert_eq!(token.start, position);
                    prop_assert!(token.end > token.start);
                    position = token.end;
                    token.text(&text);
                }
                Err(error) => {
                    prop_assert!(text.is_char_boundary(error.offset));
                    position = text.len();
                }
            }
        }
        prop_assert_eq!(position, text.len());
    }
}
