//! What a node says of its part in the ring: the value of STATUS_WITH_PORT, and those of TOKENS.

use core::fmt;
use core::str::FromStr;

use uuid::Uuid;

use crate::base::HostId;
use crate::data::Token;

/// A node's own word on its part in the ring. `VersionedValue.java` has the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Joining, with the first of its tokens.
    Boot(Token),
    Normal(Token),
    Leaving(Token),
    /// Left for good; to be forgotten at that time (milliseconds since the epoch).
    Left {
        token: Token,
        expires_millis: i64,
    },
    /// Another node is removing it.
    Removing(HostId),
    Removed {
        host: HostId,
        expires_millis: i64,
    },
    /// Stopped on purpose; its part in the ring is unchanged.
    Shutdown,
    Hibernate,
}

impl Status {
    /// Whether gossip about such a node never makes it live: `Gossiper.DEAD_STATES`.
    pub fn is_dead(self) -> bool {
        matches!(
            self,
            Status::Left { .. } | Status::Removing(_) | Status::Removed { .. } | Status::Hibernate
        )
    }

    /// When the others may forget a node that is out of the ring.
    pub fn expires_millis(self) -> Option<i64> {
        match self {
            Status::Left { expires_millis, .. } | Status::Removed { expires_millis, .. } => Some(expires_millis),
            _ => None,
        }
    }

    /// The word without what follows it.
    pub fn word(self) -> &'static str {
        match self {
            Status::Boot(_) => "BOOT",
            Status::Normal(_) => "NORMAL",
            Status::Leaving(_) => "LEAVING",
            Status::Left { .. } => "LEFT",
            Status::Removing(_) => "removing",
            Status::Removed { .. } => "removed",
            Status::Shutdown => "shutdown",
            Status::Hibernate => "hibernate",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Status::Boot(token) | Status::Normal(token) | Status::Leaving(token) => write!(f, "{word},{token}"),
            Status::Left { token, expires_millis } => write!(f, "{word},{token},{expires_millis}"),
            Status::Removing(host) => write!(f, "{word},{host}"),
            Status::Removed { host, expires_millis } => write!(f, "{word},{host},{expires_millis}"),
            Status::Shutdown | Status::Hibernate => write!(f, "{word},true"),
        }
    }
}

/// The text is no status that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Status, UnknownStatus> {
        let mut parts = text.split(',');
        let word = parts.next().unwrap_or_default();
        let first = parts.next().ok_or(UnknownStatus)?;
        let token = || first.parse().map(Token).map_err(|_| UnknownStatus);
        let host = || Uuid::parse_str(first).map(HostId).map_err(|_| UnknownStatus);
        let mut millis = || parts.next().and_then(|it| it.parse().ok()).ok_or(UnknownStatus);
        Ok(match word {
            "BOOT" => Status::Boot(token()?),
            "NORMAL" => Status::Normal(token()?),
            "LEAVING" => Status::Leaving(token()?),
            "LEFT" => Status::Left {
                token: token()?,
                expires_millis: millis()?,
            },
            "removing" => Status::Removing(host()?),
            "removed" => Status::Removed {
                host: host()?,
                expires_millis: millis()?,
            },
            "shutdown" => Status::Shutdown,
            "hibernate" => Status::Hibernate,
            _ => return Err(UnknownStatus),
        })
    }
}

/// The value of TOKENS.
pub fn tokens_to_text(tokens: &[Token]) -> String {
    let texts: Vec<String> = tokens.iter().map(Token::to_string).collect();
    texts.join(",")
}

/// Reads the value of TOKENS; what is no token is left out.
pub fn tokens_from_text(text: &str) -> Vec<Token> {
    text.split(',').filter_map(|it| it.parse().ok()).map(Token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cassandras_and_come_back() {
        for text in [
            "BOOT,-5685366892106132596",
            "NORMAL,7203865999566444716",
            "LEAVING,-4164199658725420743",
            "LEFT,-4164199658725420743,1795436464995",
            "removing,0005f1e9-609b-49fe-8579-ccfe3e1277c4",
            "removed,0005f1e9-609b-49fe-8579-ccfe3e1277c4,1795436561009",
            "shutdown,true",
        ] {
            assert_eq!(text.parse::<Status>().unwrap().to_string(), text);
        }
        for text in ["", "NORMAL", "NORMAL,x", "LEFT,5", "removed,x,5", "PARTYING,5"] {
            assert_eq!(text.parse::<Status>(), Err(UnknownStatus), "{text}");
        }
    }

    #[test]
    fn tokens_come_back() {
        let tokens = vec![Token(-5), Token(7)];
        assert_eq!(tokens_from_text(&tokens_to_text(&tokens)), tokens);
        assert_eq!(tokens_from_text("x,3,"), [Token(3)]);
    }
}
