//! The shape of a message says what kind it is: one outline for the moving dot, the timeline and the legend.

use crate::event::MessageKind;

pub enum Outline {
    /// A circle of this radius.
    Circle(f64),
    /// A closed line through these points round the middle.
    Polygon(&'static [(f64, f64)]),
}

/// Kinds in the order the legend lists them.
pub const KINDS: [MessageKind; 8] = [
    MessageKind::Write,
    MessageKind::Read,
    MessageKind::Paxos,
    MessageKind::Hint,
    MessageKind::Repair,
    MessageKind::Schema,
    MessageKind::Failure,
    MessageKind::Gossip,
];

/// In a square of 12 by 12 pixels, all of about the same weight.
pub const fn outline(kind: MessageKind) -> Outline {
    match kind {
        MessageKind::Write => Outline::Circle(5.0),
        MessageKind::Gossip => Outline::Circle(2.5),
        MessageKind::Read => Outline::Polygon(&[(0.0, -6.0), (6.0, 0.0), (0.0, 6.0), (-6.0, 0.0)]),
        MessageKind::Hint => Outline::Polygon(&[(0.0, -6.0), (5.6, 4.4), (-5.6, 4.4)]),
        MessageKind::Schema => Outline::Polygon(&[(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)]),
        MessageKind::Paxos => Outline::Polygon(&[
            (-3.0, -5.2),
            (3.0, -5.2),
            (6.0, 0.0),
            (3.0, 5.2),
            (-3.0, 5.2),
            (-6.0, 0.0),
        ]),
        MessageKind::Repair => Outline::Polygon(&[
            (-2.0, -6.0),
            (2.0, -6.0),
            (2.0, -2.0),
            (6.0, -2.0),
            (6.0, 2.0),
            (2.0, 2.0),
            (2.0, 6.0),
            (-2.0, 6.0),
            (-2.0, 2.0),
            (-6.0, 2.0),
            (-6.0, -2.0),
            (-2.0, -2.0),
        ]),
        MessageKind::Failure => Outline::Polygon(&[(0.0, 5.5), (5.5, -4.5), (0.0, -1.5), (-5.5, -4.5)]),
    }
}

/// The outline as an SVG path round a point.
pub fn path(kind: MessageKind, x: f64, y: f64) -> String {
    match outline(kind) {
        Outline::Circle(radius) => format!(
            "M{} {y}a{radius} {radius} 0 1 0 {} 0a{radius} {radius} 0 1 0 {} 0Z",
            x - radius,
            2.0 * radius,
            -2.0 * radius
        ),
        Outline::Polygon(points) => {
            let corners: Vec<String> = points.iter().map(|(dx, dy)| format!("{} {}", x + dx, y + dy)).collect();
            format!("M{}Z", corners.join("L"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verb;

    #[test]
    fn every_kind_of_message_is_in_the_legend_with_a_shape_of_its_own() {
        assert!(Verb::ALL.iter().all(|verb| KINDS.contains(&verb.kind())));
        let mut shapes = KINDS.map(|kind| path(kind, 0.0, 0.0));
        shapes.sort();
        assert!(shapes.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
