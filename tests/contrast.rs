//! The promises of `www/styles/tokens.css`: text at least 4.5:1 and marks at least 3:1 on every surface, in light and in dark.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// WCAG 2.2, 1.4.3 and 1.4.11.
const TEXT: f64 = 4.5;
const MARK: f64 = 3.0;

const SURFACES: [&str; 4] = ["page", "surface", "sunken", "raised"];
const NODES: usize = 8;

type Colour = [f64; 3];

/// Custom properties that are colours: in light, in dark.
struct Tokens(BTreeMap<String, [Colour; 2]>);

impl Tokens {
    fn read() -> Tokens {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/styles/tokens.css");
        Tokens::parse(&fs::read_to_string(path).expect("www/styles/tokens.css"))
    }

    fn parse(css: &str) -> Tokens {
        let mut raw = BTreeMap::new();
        for line in css.lines().map(str::trim) {
            let Some((name, value)) = line.strip_prefix("--").and_then(|line| line.split_once(": ")) else {
                continue;
            };
            let value = value.trim_end_matches(';').to_owned();
            assert!(
                raw.insert(name.to_owned(), value).is_none() || name == "quick",
                "--{name} is defined twice"
            );
        }
        let colours = raw.keys().filter_map(|name| Some((name.clone(), resolve(&raw, name)?)));
        Tokens(colours.collect())
    }

    fn get(&self, name: &str) -> [Colour; 2] {
        *self
            .0
            .get(name)
            .unwrap_or_else(|| panic!("--{name} is not a colour of tokens.css"))
    }

    /// The lower of the contrasts of two colours in light and in dark.
    fn contrast(&self, one: &str, other: &str) -> f64 {
        let (one, other) = (self.get(one), self.get(other));
        (0..2)
            .map(|theme| contrast(one[theme], other[theme]))
            .fold(f64::INFINITY, f64::min)
    }
}

fn resolve(raw: &BTreeMap<String, String>, name: &str) -> Option<[Colour; 2]> {
    let value = raw.get(name)?;
    if let Some(other) = value.strip_prefix("var(--") {
        return resolve(raw, other.strip_suffix(')')?);
    }
    if let Some(both) = value.strip_prefix("light-dark(") {
        let (light, dark) = both.strip_suffix(')')?.split_once(", ")?;
        return Some([hex(light)?, hex(dark)?]);
    }
    hex(value).map(|colour| [colour; 2])
}

fn hex(value: &str) -> Option<Colour> {
    let digits = value.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let channel = |at: usize| Some(f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

fn luminance(colour: Colour) -> f64 {
    let linear = colour.map(|c| {
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Every pair that falls short, so that one run names them all.
fn hold(pairs: impl IntoIterator<Item = (String, String)>, least: f64) {
    let tokens = Tokens::read();
    let mut looked = 0;
    let short: Vec<String> = pairs
        .into_iter()
        .inspect(|_| looked += 1)
        .filter_map(|(one, other)| {
            let found = tokens.contrast(&one, &other);
            (found < least).then(|| format!("--{one} on --{other}: {found:.2}:1"))
        })
        .collect();
    assert!(
        looked > 0 && short.is_empty(),
        "less than {least}:1:\n{}",
        short.join("\n")
    );
}

fn on_every_surface<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    let pairs = names
        .into_iter()
        .flat_map(|name| SURFACES.map(|surface| (name.to_owned(), surface.to_owned())));
    pairs.collect()
}

#[test]
fn text_can_be_read_on_every_surface() {
    let cql = ["cql-keyword", "cql-string", "cql-number", "cql-type", "cql-comment"];
    hold(
        on_every_surface(["text", "text-soft", "accent", "bad", "warn"].into_iter().chain(cql)),
        TEXT,
    );
}

#[test]
fn text_can_be_read_on_washes_and_fills() {
    let pairs = [
        ("accent-ink", "accent"),
        ("accent", "accent-wash"),
        ("text", "accent-wash"),
        ("text-soft", "accent-wash"),
        ("bad", "bad-wash"),
        ("text", "bad-wash"),
        ("page", "text"),
    ];
    hold(pairs.map(|(one, other)| (one.to_owned(), other.to_owned())), TEXT);
    hold(
        (1..=NODES).map(|n| (format!("node-{n}-ink"), format!("node-{n}"))),
        TEXT,
    );
}

#[test]
fn marks_can_be_seen_on_every_surface() {
    let edges: Vec<String> = (1..=NODES).map(|n| format!("node-{n}-edge")).collect();
    hold(
        on_every_surface(edges.iter().map(String::as_str).chain(["edge", "accent"])),
        MARK,
    );
}

#[test]
fn node_colours_are_those_of_okabe_and_ito() {
    let tokens = Tokens::read();
    let palette = ["0072b2", "e69f00", "009e73", "cc79a7", "d55e00", "56b4e9", "f0e442"];
    for (n, colour) in palette.iter().enumerate() {
        assert_eq!(
            tokens.get(&format!("node-{}", n + 1)),
            [hex(&format!("#{colour}")).unwrap(); 2]
        );
    }
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    let (black, white) = (hex("#000000").unwrap(), hex("#ffffff").unwrap());
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
    assert!((contrast(hex("#777777").unwrap(), white) - 4.48).abs() < 0.01);
}

#[test]
fn type_has_one_scale() {
    let css = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("www/styles/tokens.css")).unwrap();
    let sizes: Vec<f64> = (1..=5)
        .map(|n| {
            let (_, rest) = css.split_once(&format!("--size-{n}: ")).unwrap();
            rest.split_once("rem").unwrap().0.parse::<f64>().unwrap() * 16.0
        })
        .collect();
    assert_eq!(sizes, [12.0, 14.0, 16.0, 20.0, 28.0]);
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("www/styles")).unwrap() {
        let path = entry.unwrap().path();
        for line in fs::read_to_string(&path)
            .unwrap()
            .lines()
            .filter(|line| line.trim().starts_with("font-size:"))
        {
            assert!(
                line.contains("var(--size-") || line.contains("inherit") || line.contains("100%"),
                "{}: {line}",
                path.display()
            );
        }
    }
}
