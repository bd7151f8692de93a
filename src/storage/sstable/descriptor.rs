//! Names of SSTables and of their files.

use core::cmp::Ordering;
use core::fmt;
use std::sync::Arc;

use crate::schema::TableMetadata;

/// A version of the format, by its two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 4.0 before its release: no id of the host that wrote it.
    Na,
    /// 4.0 and later, and what is written here.
    Nb,
    /// 5.0 with tries for indexes, read only.
    Da,
}

impl Version {
    pub const ALL: [Version; 3] = [Version::Na, Version::Nb, Version::Da];

    pub fn name(self) -> &'static str {
        match self {
            Version::Na => "na",
            Version::Nb => "nb",
            Version::Da => "da",
        }
    }

    /// The format that the version is one of.
    pub fn format(self) -> &'static str {
        if self.has_tries() { "bti" } else { "big" }
    }

    /// Partitions and rows are indexed by tries, rather than by a sorted list.
    pub fn has_tries(self) -> bool {
        self == Version::Da
    }

    pub fn has_host_id(self) -> bool {
        self >= Version::Nb
    }

    /// Deletion times are unsigned and partitions without a deletion take one byte for it; Statistics says more.
    pub fn has_uint_deletion_time(self) -> bool {
        self == Version::Da
    }
}

/// What tells the SSTables of a table apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SstableId {
    Sequence(u64),
    /// As `uuid_sstable_identifiers_enabled` makes them.
    Uuid(Arc<str>),
}

impl SstableId {
    fn parse(text: &str) -> Option<SstableId> {
        if let Ok(number) = text.parse() {
            return Some(SstableId::Sequence(number));
        }
        let is_uuid = text.len() == 28 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_uuid.then(|| SstableId::Uuid(Arc::from(text)))
    }
}

impl fmt::Display for SstableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SstableId::Sequence(number) => number.fmt(f),
            SstableId::Uuid(text) => text.fmt(f),
        }
    }
}

/// Older ones first; numbers were there before UUIDs.
impl Ord for SstableId {
    fn cmp(&self, other: &SstableId) -> Ordering {
        match (self, other) {
            (SstableId::Sequence(mine), SstableId::Sequence(theirs)) => mine.cmp(theirs),
            (SstableId::Sequence(_), SstableId::Uuid(_)) => Ordering::Less,
            (SstableId::Uuid(_), SstableId::Sequence(_)) => Ordering::Greater,
            (SstableId::Uuid(mine), SstableId::Uuid(theirs)) => mine.cmp(theirs),
        }
    }
}

impl PartialOrd for SstableId {
    fn partial_cmp(&self, other: &SstableId) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One file of an SSTable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    Data,
    PrimaryIndex,
    Summary,
    Partitions,
    Rows,
    Filter,
    Statistics,
    CompressionInfo,
    Crc,
    Digest,
    Toc,
}

impl Component {
    pub const ALL: [Component; 11] = [
        Component::Data,
        Component::PrimaryIndex,
        Component::Summary,
        Component::Partitions,
        Component::Rows,
        Component::Filter,
        Component::Statistics,
        Component::CompressionInfo,
        Component::Crc,
        Component::Digest,
        Component::Toc,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Component::Data => "Data.db",
            Component::PrimaryIndex => "Index.db",
            Component::Summary => "Summary.db",
            Component::Partitions => "Partitions.db",
            Component::Rows => "Rows.db",
            Component::Filter => "Filter.db",
            Component::Statistics => "Statistics.db",
            Component::CompressionInfo => "CompressionInfo.db",
            Component::Crc => "CRC.db",
            Component::Digest => "Digest.crc32",
            Component::Toc => "TOC.txt",
        }
    }

    pub fn parse(name: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// One SSTable: where it is, and what its files are called. On the flat disk their names are
/// `<keyspace>/<table>-<table id in hex>/nb-<generation>-big-Data.db`, as the paths below Cassandra's data directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Descriptor {
    folder: Arc<str>,
    pub id: SstableId,
    pub version: Version,
}

impl Descriptor {
    /// An SSTable to be written for a table.
    pub fn new(table: &TableMetadata, generation: u64) -> Descriptor {
        Descriptor {
            folder: Descriptor::folder_of(table).into(),
            id: SstableId::Sequence(generation),
            version: Version::Nb,
        }
    }

    /// The folder of a table's SSTables.
    pub fn folder_of(table: &TableMetadata) -> String {
        format!("{}/{}-{}", table.keyspace, table.name, table.id.0.simple())
    }

    pub fn folder(&self) -> &str {
        &self.folder
    }

    pub fn file(&self, component: Component) -> String {
        format!("{}{}", self.prefix(), component.name())
    }

    /// What the names of all its files start with.
    pub fn prefix(&self) -> String {
        format!("{self}-")
    }

    /// What a file is by its name; nothing when it is no component of an SSTable of a version known here.
    pub fn parse(file: &str) -> Option<(Descriptor, Component)> {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let mut parts = name.splitn(4, '-');
        let (version, id, format, component) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = Version::ALL.into_iter().find(|it| it.name() == version)?;
        if format != version.format() {
            return None;
        }
        let descriptor = Descriptor {
            folder: folder.into(),
            id: SstableId::parse(id)?,
            version,
        };
        Some((descriptor, Component::parse(component)?))
    }
}

/// As the names of its files start, without a component.
impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.folder.is_empty() {
            write!(f, "{}/", self.folder)?;
        }
        write!(f, "{}-{}-{}", self.version.name(), self.id, self.version.format())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in [
            "ks/t-0123456789abcdef0123456789abcdef/nb-12-big-Data.db",
            "nb-3gdq_0bg7_2mkqn2otrhwf7n7v6g-big-Index.db",
            "a/da-1-bti-Partitions.db",
            "na-7-big-TOC.txt",
        ] {
            let (descriptor, component) = Descriptor::parse(name).unwrap();
            assert_eq!(descriptor.file(component), name);
        }
    }

    #[test]
    fn other_files_are_none_of_ours() {
        for name in [
            "schema.cql",
            "nb-1-bti-Data.db",
            "zz-1-big-Data.db",
            "nb-x-big-Data.db",
            "nb-1-big-Else.db",
        ] {
            assert_eq!(Descriptor::parse(name), None, "{name}");
        }
    }
}
