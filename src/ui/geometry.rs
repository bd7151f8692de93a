//! Where things stand on the stage, in CSS pixels: the token circle, and node discs evenly round it.
//!
//! Discs are grouped by datacentre and rack rather than set at their tokens: with vnodes a node has many tokens, and the links
//! would tangle.

use crate::base::{Arrange, Endpoint};
use crate::data::Token;

/// Thickness of the token circle.
pub const BAND: f64 = 8.0;
/// Between the token circle and the discs: room for the rings round a disc.
const CLEAR: f64 = 11.0;
/// Between a disc and the stage's edge: room for those rings.
const EDGE: f64 = 14.0;
/// A gap between datacentres is this much of the room one node has.
const GAP: f64 = 0.7;
/// How far the two directions of a link lie apart.
const LANES_APART: f64 = 10.0;
/// Room an address takes beside a disc, and a line of a label.
const LABEL_WIDTH: f64 = 88.0;
const LABEL_LINE: f64 = 16.0;
/// Between a disc and its label: the marks around a disc have their place in it.
const LABEL_GAP: f64 = 10.0;
const LABEL_GAP_BESIDE: f64 = 14.0;
/// With more nodes than this a label has one line.
const ROOMY: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub const fn new(x: f64, y: f64) -> Point {
        Point { x, y }
    }

    pub fn distance(self, other: Point) -> f64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        (x * x + y * y).sqrt()
    }

    /// The point a part of the way to another: 0 is here, 1 is there.
    pub fn towards(self, other: Point, part: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * part, self.y + (other.y - self.y) * part)
    }
}

/// A node's place in the cluster, which decides its place on the stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Station {
    pub datacenter: String,
    pub rack: String,
    pub endpoint: Endpoint,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub endpoint: Endpoint,
    pub angle: f64,
    pub centre: Point,
    /// The middle of the label's nearest edge, and on which side of it the label lies.
    pub label: Point,
    pub side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    Above,
    Below,
}

/// A datacentre's stretch of the discs' circle, from the first to the last of its nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub datacenter: String,
    pub from: f64,
    pub to: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub centre: Point,
    /// Of the token circle's outer edge.
    pub radius: f64,
    pub disc: f64,
    pub places: Vec<Place>,
    pub groups: Vec<Group>,
    /// Lines a label has: the address, and where there is room the state.
    pub label_lines: usize,
    /// Whether a whole address fits; its last part does always.
    pub long_labels: bool,
}

impl Layout {
    pub fn new(mut stations: Vec<Station>, width: f64, height: f64) -> Layout {
        stations.arrange();
        let count = stations.len();
        // Broad stages have their labels beside the discs, high ones below.
        let beside = width > height + LABEL_WIDTH;
        let (angles, groups, step) = around(&stations);
        let part = if beside || count <= ROOMY { 0.36 } else { 0.21 };
        let chord = 2.0 * libm::sin(step.min(core::f64::consts::PI) / 2.0);
        let fit = |circle: f64| {
            let largest = (width.min(height) * 0.085).clamp(13.0, 34.0);
            let disc = largest.min(if count > 1 { circle * chord * part } else { largest });
            // Below a disc a second line must not reach the next disc.
            let two = count <= ROOMY && (beside || circle * chord - 2.0 * disc > 2.0 * LABEL_LINE + 16.0);
            (disc, if two { 2 } else { 1 })
        };

        // The largest circle whose discs, labels and token circle all stay on the stage, wherever its middle then is.
        let room = |circle: f64| Room::needed(circle, fit(circle), &angles, beside);
        let (mut circle, mut too_large) = (24.0, width.max(height));
        while too_large - circle > 0.5 {
            let middle = (circle + too_large) / 2.0;
            let needed = room(middle);
            let fits = needed.left + needed.right <= width && needed.top + needed.bottom <= height;
            if fits { circle = middle } else { too_large = middle }
        }
        let ((disc, label_lines), needed) = (fit(circle), room(circle));
        let spare_height = height - needed.top - needed.bottom;
        let centre = Point::new(width / 2.0, needed.top + (spare_height / 2.0).max(0.0));
        let place = |(station, angle): (&Station, &f64)| {
            let (at, side) = (on_circle(centre, circle, *angle), side(*angle, beside, count));
            let away = disc + gap(beside);
            let label = match side {
                Side::Right => Point::new(at.x + away, at.y),
                Side::Left => Point::new(at.x - away, at.y),
                Side::Above => Point::new(at.x, at.y - away),
                Side::Below => Point::new(at.x, at.y + away),
            };
            Place {
                endpoint: station.endpoint,
                angle: *angle,
                centre: at,
                label,
                side,
            }
        };
        Layout {
            width,
            height,
            centre,
            radius: (circle - disc - CLEAR).max(16.0),
            disc,
            places: stations.iter().zip(&angles).map(place).collect(),
            groups,
            label_lines,
            long_labels: beside || (count <= ROOMY && circle * chord > LABEL_WIDTH),
        }
    }

    pub fn place(&self, endpoint: Endpoint) -> Option<&Place> {
        self.places.iter().find(|place| place.endpoint == endpoint)
    }

    /// The lane messages take: from disc edge to disc edge, to the right of the middle as seen by the sender, so that the two
    /// directions do not meet.
    pub fn lane(&self, from: Endpoint, to: Endpoint) -> Option<(Point, Point)> {
        self.offset_line(from, to, LANES_APART / 2.0)
    }

    /// The line that stands for a link, in its middle.
    pub fn link(&self, one: Endpoint, other: Endpoint) -> Option<(Point, Point)> {
        self.offset_line(one, other, 0.0)
    }

    fn offset_line(&self, from: Endpoint, to: Endpoint, aside: f64) -> Option<(Point, Point)> {
        let (a, b) = (self.place(from)?.centre, self.place(to)?.centre);
        let length = a.distance(b);
        if length == 0.0 {
            return None;
        }
        let (x, y) = ((b.x - a.x) / length, (b.y - a.y) / length);
        let clear = self.disc + 6.0;
        let shift =
            |point: Point, along: f64| Point::new(point.x + x * along - y * aside, point.y + y * along + x * aside);
        Some((shift(a, clear), shift(b, -clear)))
    }

    /// A point at an angle round the middle.
    pub fn on_circle(&self, radius: f64, angle: f64) -> Point {
        on_circle(self.centre, radius, angle)
    }

    /// A point on the token circle, `inside` pixels from its inner edge towards the middle.
    pub fn at_token(&self, token: Token, inside: f64) -> Point {
        on_circle(self.centre, self.radius - BAND - inside, token_angle(token))
    }

    /// The stretch of the token circle after `from` up to and including `to`, as an SVG path.
    pub fn range(&self, from: Token, to: Token) -> String {
        let start = token_angle(from);
        let mut end = token_angle(to);
        if end <= start {
            end += core::f64::consts::TAU;
        }
        band(self.centre, self.radius, self.radius - BAND, start, end)
    }
}

/// The angle of each station, the datacentres' stretches, and the angle between two neighbours.
fn around(stations: &[Station]) -> (Vec<f64>, Vec<Group>, f64) {
    let datacenters = stations
        .chunk_by(|one, other| one.datacenter == other.datacenter)
        .count();
    let gaps = if datacenters > 1 { datacenters as f64 * GAP } else { 0.0 };
    let step = core::f64::consts::TAU / (stations.len() as f64 + gaps).max(1.0);
    let (mut angles, mut groups): (Vec<f64>, Vec<Group>) = (Vec::new(), Vec::new());
    for station in stations {
        let before = angles.last().copied();
        let angle = match groups.last_mut() {
            Some(group) if group.datacenter == station.datacenter => {
                group.to += step;
                group.to
            }
            _ => {
                let from = before.map_or(0.0, |angle| angle + step * (1.0 + GAP));
                groups.push(Group {
                    datacenter: station.datacenter.clone(),
                    from,
                    to: from,
                });
                from
            }
        };
        angles.push(angle);
    }
    (angles, groups, step)
}

/// How far what stands round the middle reaches to each side.
struct Room {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Room {
    fn needed(circle: f64, (disc, label_lines): (f64, usize), angles: &[f64], beside: bool) -> Room {
        let tokens = circle - disc - CLEAR + 4.0;
        let mut room = Room {
            left: tokens,
            top: tokens,
            right: tokens,
            bottom: tokens,
        };
        let label_height = label_lines as f64 * LABEL_LINE + 4.0;
        for angle in angles {
            let (x, y) = (circle * libm::sin(*angle), -circle * libm::cos(*angle));
            let side = side(*angle, beside, angles.len());
            let clear = disc + EDGE;
            let beyond = |label: bool, length: f64| if label { disc + gap(beside) + length } else { clear };
            let under = if side == Side::Below {
                beyond(true, label_height)
            } else {
                clear
            };
            let over = if side == Side::Above {
                beyond(true, label_height).max(clear)
            } else {
                clear
            };
            // A label below may be wider than its disc.
            let aside = |label: bool| {
                if beside {
                    beyond(label, LABEL_WIDTH)
                } else {
                    clear.max(LABEL_WIDTH / 2.0)
                }
            };
            room.left = room.left.max(aside(side == Side::Left) - x);
            room.right = room.right.max(aside(side == Side::Right) + x);
            room.top = room.top.max(over - y);
            room.bottom = room.bottom.max(under + y);
        }
        // The middle stands in the middle of the width.
        room.left = room.left.max(room.right);
        room.right = room.left;
        room
    }
}

/// Where a disc's label goes: outwards, so that it stands on no link and no other disc.
fn side(angle: f64, beside: bool, count: usize) -> Side {
    let (right, up) = (libm::sin(angle), libm::cos(angle));
    match (beside, count <= ROOMY) {
        (false, _) if up > 0.5 => Side::Above,
        (false, _) => Side::Below,
        (true, false) if right.abs() < 0.05 && up > 0.0 => Side::Above,
        (true, false) if right.abs() < 0.05 => Side::Below,
        // A disc at the very top or bottom has its label at the right, as one reads.
        (true, _) if right > -0.05 => Side::Right,
        (true, _) => Side::Left,
    }
}

/// Clockwise from the top.
fn on_circle(centre: Point, radius: f64, angle: f64) -> Point {
    Point::new(
        centre.x + radius * libm::sin(angle),
        centre.y - radius * libm::cos(angle),
    )
}

/// The circle is the whole of Murmur3's tokens, the smallest at the top, clockwise.
pub fn token_angle(token: Token) -> f64 {
    let from_smallest = i128::from(token.0) - i128::from(i64::MIN);
    from_smallest as f64 / (u64::MAX as f64 + 1.0) * core::f64::consts::TAU
}

/// A part of a ring between two radii.
fn band(centre: Point, outer: f64, inner: f64, start: f64, end: f64) -> String {
    // A whole turn has no direction for an arc; it is drawn just short of one.
    let end = end.min(start + core::f64::consts::TAU - 1e-4);
    let large = u8::from(end - start > core::f64::consts::PI);
    let [a, b] = [start, end].map(|angle| on_circle(centre, outer, angle));
    let [c, d] = [end, start].map(|angle| on_circle(centre, inner, angle));
    format!(
        "M{:.1} {:.1}A{outer:.1} {outer:.1} 0 {large} 1 {:.1} {:.1}L{:.1} {:.1}A{inner:.1} {inner:.1} 0 {large} 0 {:.1} {:.1}Z",
        a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y
    )
}

/// An open arc, for gauges and the names of datacentres.
pub fn arc(centre: Point, radius: f64, start: f64, end: f64) -> String {
    let end = end.min(start + core::f64::consts::TAU - 1e-4);
    let large = u8::from(end - start > core::f64::consts::PI);
    let [a, b] = [start, end].map(|angle| on_circle(centre, radius, angle));
    format!(
        "M{:.1} {:.1}A{radius:.1} {radius:.1} 0 {large} 1 {:.1} {:.1}",
        a.x, a.y, b.x, b.y
    )
}

const fn gap(beside: bool) -> f64 {
    if beside { LABEL_GAP_BESIDE } else { LABEL_GAP }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stations(datacenters: &[(&str, u8)]) -> Vec<Station> {
        let mut next = 0;
        let mut found = Vec::new();
        for (name, count) in datacenters {
            for _ in 0..*count {
                next += 1;
                found.push(Station {
                    datacenter: (*name).into(),
                    rack: "rack1".into(),
                    endpoint: Endpoint::nth(next),
                });
            }
        }
        found
    }

    #[test]
    fn three_nodes_stand_evenly_from_the_top() {
        let layout = Layout::new(stations(&[("dc1", 3)]), 640.0, 480.0);
        assert!((layout.places[0].centre.x - 320.0).abs() < 1e-9 && layout.places[0].centre.y < 240.0);
        let sides: Vec<f64> = (0..3)
            .map(|i| layout.places[i].centre.distance(layout.places[(i + 1) % 3].centre))
            .collect();
        assert!(sides.iter().all(|side| (side - sides[0]).abs() < 1e-9), "{sides:?}");
    }

    /// Left, top, right, bottom.
    type Area = [f64; 4];

    fn label_area(layout: &Layout, place: &Place) -> Area {
        let wide = if layout.long_labels { LABEL_WIDTH } else { 28.0 };
        let high = layout.label_lines as f64 * LABEL_LINE;
        let at = place.label;
        match place.side {
            Side::Right => [at.x, at.y - high / 2.0, at.x + wide, at.y + high / 2.0],
            Side::Left => [at.x - wide, at.y - high / 2.0, at.x, at.y + high / 2.0],
            Side::Above => [at.x - wide / 2.0, at.y - high, at.x + wide / 2.0, at.y],
            Side::Below => [at.x - wide / 2.0, at.y, at.x + wide / 2.0, at.y + high],
        }
    }

    fn overlap(one: Area, other: Area) -> bool {
        one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
    }

    fn covers(disc: Point, radius: f64, area: Area) -> bool {
        let nearest = Point::new(disc.x.clamp(area[0], area[2]), disc.y.clamp(area[1], area[3]));
        disc.distance(nearest) < radius
    }

    #[test]
    fn nothing_stands_on_anything_else_or_leaves_the_stage() {
        let stages = [
            (704.0, 370.0),
            (640.0, 420.0),
            (360.0, 420.0),
            (344.0, 300.0),
            (900.0, 700.0),
            (760.0, 330.0),
        ];
        for (count, (width, height)) in (1..=12).flat_map(|count| stages.map(|stage| (count, stage))) {
            let layout = Layout::new(stations(&[("dc1", count)]), width, height);
            let what = format!("{count} nodes in {width} x {height}");
            for (i, place) in layout.places.iter().enumerate() {
                let (label, disc, at) = (label_area(&layout, place), layout.disc, place.centre);
                let inside = label[0] >= 0.0 && label[1] >= 0.0 && label[2] <= width && label[3] <= height;
                assert!(inside, "{what}: the label {label:?} leaves the stage");
                let inside = at.x >= disc && at.y >= disc && at.x + disc <= width && at.y + disc <= height;
                assert!(inside, "{what}: the disc at {at:?} leaves the stage");
                assert!(
                    layout.centre.distance(at) - disc > layout.radius,
                    "{what}: a disc on the token circle"
                );
                for other in &layout.places[i + 1..] {
                    assert!(at.distance(other.centre) > 2.0 * disc + 4.0, "{what}: discs touch");
                    assert!(!overlap(label, label_area(&layout, other)), "{what}: labels touch");
                    assert!(!covers(other.centre, disc, label), "{what}: a label on a disc");
                    assert!(
                        !covers(at, disc, label_area(&layout, other)),
                        "{what}: a disc on a label"
                    );
                }
            }
        }
    }

    #[test]
    fn datacentres_are_set_apart() {
        let layout = Layout::new(stations(&[("dc1", 3), ("dc2", 3)]), 640.0, 480.0);
        let steps: Vec<f64> = layout
            .places
            .windows(2)
            .map(|pair| pair[1].angle - pair[0].angle)
            .collect();
        assert!(steps[2] > 1.5 * steps[0], "{steps:?}");
        assert_eq!(layout.groups.len(), 2);
    }

    #[test]
    fn the_two_directions_of_a_link_do_not_meet() {
        let layout = Layout::new(stations(&[("dc1", 3)]), 640.0, 480.0);
        let (there, _) = layout.lane(Endpoint::nth(1), Endpoint::nth(2)).unwrap();
        let (_, back) = layout.lane(Endpoint::nth(2), Endpoint::nth(1)).unwrap();
        assert!((there.distance(back) - LANES_APART).abs() < 1e-9);
        assert_eq!(layout.lane(Endpoint::nth(1), Endpoint::nth(1)), None);
    }

    #[test]
    fn the_smallest_token_is_at_the_top_and_zero_at_the_bottom() {
        let layout = Layout::new(stations(&[("dc1", 3)]), 640.0, 480.0);
        assert!((layout.at_token(Token(i64::MIN + 1), 0.0).y - (layout.centre.y - layout.radius + BAND)).abs() < 0.1);
        assert!((layout.at_token(Token(0), 0.0).y - (layout.centre.y + layout.radius - BAND)).abs() < 0.1);
        assert!(
            layout.range(Token(0), Token(0)).contains(" 0 1 1 "),
            "one node owns the whole circle"
        );
    }
}
