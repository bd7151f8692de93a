//! Internet addresses from text, in the forms that Java takes.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address in figures. Cassandra also asks the name service about names; here a name is no address.
pub fn parse_inet(text: &str) -> Option<IpAddr> {
    if let Some(address) = parse_v4(text) {
        return Some(IpAddr::V4(address));
    }
    let bare = text
        .strip_prefix('[')
        .map_or(Some(text), |rest| rest.strip_suffix(']'))?;
    let (address, scope) = bare.split_once('%').unwrap_or((bare, "0"));
    let address: Ipv6Addr = without_leading_zeros(address)
        .parse()
        .ok()
        .filter(|_| scope.parse::<u32>().is_ok())?;
    // Java makes plain IPv4 of a mapped address.
    Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

/// `a.b.c.d`, or fewer parts of which the last fills the remaining bytes: `1.2.3` is 1.2.0.3.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    /// As long as four parts of three digits.
    const MAX_LENGTH: usize = 15;
    if text.len() > MAX_LENGTH {
        return None;
    }
    let parts: Vec<u64> = text.split('.').map(plain).collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|part| *part > 0xff) || *last >= 1 << (8 * (4 - leading.len())) {
        return None;
    }
    let head = leading
        .iter()
        .enumerate()
        .fold(0, |bits, (position, part)| bits | *part << (24 - 8 * position));
    Some(Ipv4Addr::from((head | *last) as u32))
}

/// Java lets a group of an IPv6 address have any number of zeros before its four digits.
fn without_leading_zeros(address: &str) -> String {
    let group = |group: &str| match group.len() > 4 && !group.contains('.') {
        true => format!("{:0>1}", group.trim_start_matches('0')),
        false => group.to_owned(),
    };
    address.split(':').map(group).collect::<Vec<_>>().join(":")
}

fn plain(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}
