//! Secondary indexes: what is indexed, how, and under which name.
//!
//! Source: Cassandra 5.0, `IndexMetadata.java`, `IndexTarget.java`.

use serde::{Deserialize, Serialize};

use super::{ColumnMetadata, TableMetadata};
use crate::base::SortedMap;
use crate::data::identifier::maybe_quote;
use crate::data::{Analyzer, ColumnName, CqlType, Similarity};

/// Names of options of an index beside those the user gives.
pub(super) const TARGET: &str = "target";
pub(super) const CLASS_NAME: &str = "class_name";

/// An index of one column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexMetadata {
    pub name: String,
    pub column: ColumnName,
    pub part: IndexedPart,
    pub class: IndexClass,
}

/// What of its column an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexedPart {
    /// The value of a column that is no collection.
    Simple,
    /// Each element of a list or set, each value of a map.
    Values,
    Keys,
    /// Each key of a map together with its value.
    Entries,
    /// A frozen collection as one value.
    Full,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexClass {
    /// `legacy_local_table`, the default.
    Legacy,
    /// `sai`, under the name that the user gave, with the user's options.
    StorageAttached {
        class_name: String,
        options: SortedMap<String, String>,
    },
}

impl IndexedPart {
    fn function(self) -> &'static str {
        match self {
            IndexedPart::Simple => "",
            IndexedPart::Values => "values",
            IndexedPart::Keys => "keys",
            IndexedPart::Entries => "entries",
            IndexedPart::Full => "full",
        }
    }

    /// As messages name it.
    pub(super) fn name(self) -> &'static str {
        self.function()
    }
}

impl IndexMetadata {
    /// `values(tags)`, or the column alone.
    pub fn target(&self) -> String {
        let column = maybe_quote(&self.column);
        match self.part {
            IndexedPart::Simple => column.into_owned(),
            part => format!("{}({column})", part.function()),
        }
    }

    /// From what `system_schema.indexes` has; none if it makes no sense.
    pub(super) fn from_options(name: String, kind: &str, mut options: SortedMap<String, String>) -> Option<Self> {
        let target = options.remove(TARGET)?;
        let (part, column) = parse_target(&target);
        let class = match kind {
            "CUSTOM" => IndexClass::StorageAttached {
                class_name: options.remove(CLASS_NAME)?,
                options,
            },
            _ => IndexClass::Legacy,
        };
        Some(IndexMetadata {
            name,
            column: ColumnName::new(&column),
            part,
            class,
        })
    }

    pub fn kind(&self) -> &'static str {
        match self.class {
            IndexClass::Legacy => "COMPOSITES",
            IndexClass::StorageAttached { .. } => "CUSTOM",
        }
    }

    /// All options, target and class among them.
    pub fn options(&self) -> SortedMap<String, String> {
        let mut all = match &self.class {
            IndexClass::Legacy => SortedMap::new(),
            IndexClass::StorageAttached { class_name, options } => {
                let mut options = options.clone();
                options.insert(CLASS_NAME.into(), class_name.clone());
                options
            }
        };
        all.insert(TARGET.into(), self.target());
        all
    }

    pub fn is_storage_attached(&self) -> bool {
        matches!(self.class, IndexClass::StorageAttached { .. })
    }

    fn option(&self, name: &str) -> Option<&str> {
        match &self.class {
            IndexClass::StorageAttached { options, .. } => options.get(name).map(String::as_str),
            IndexClass::Legacy => None,
        }
    }

    /// What texts become before they are indexed or compared.
    pub fn analyzer(&self) -> Analyzer {
        let is = |name, value: bool| self.option(name).and_then(parse_boolean) == Some(value);
        Analyzer {
            lower_case: is("case_sensitive", false),
            normalize: is("normalize", true),
            ascii: is("ascii", true),
        }
    }

    /// How vectors are compared; `None` of what is not an index of vectors that can be searched.
    pub fn similarity(&self, column: &ColumnMetadata) -> Option<Similarity> {
        let is_vector = matches!(column.ty, CqlType::Vector { .. });
        let named = || {
            let name = self.option("similarity_function")?;
            Similarity::named(&name.to_ascii_lowercase())
        };
        (is_vector && self.is_storage_attached()).then(|| named().unwrap_or(Similarity::Cosine))
    }

    /// The type of what is indexed: of a value, an element, a key. Entries are pairs.
    pub fn term_type(&self, column: &ColumnMetadata) -> CqlType {
        match (self.part, &column.ty) {
            (IndexedPart::Values, CqlType::List { element, .. } | CqlType::Set { element, .. }) => element.freeze(),
            (IndexedPart::Values, CqlType::Map { value, .. }) => value.freeze(),
            (IndexedPart::Keys, CqlType::Map { key, .. }) => key.freeze(),
            (IndexedPart::Entries, CqlType::Map { key, value, .. }) => {
                CqlType::tuple([CqlType::clone(key), CqlType::clone(value)])
            }
            (_, ty) => ty.freeze(),
        }
    }
}

/// What Cassandra tells with every change of a table that has a searchable index of vectors.
const VECTOR_USAGE_WARNING: &str =
    "SAI ANN indexes on vector columns are experimental and are not recommended for production use.
They don't yet support SELECT queries with:
 * Consistency level higher than ONE/LOCAL_ONE.
 * Paging.
 * No LIMIT clauses.
 * PER PARTITION LIMIT clauses.
 * GROUP BY clauses.
 * Aggregation functions.
 * Filters on columns without a SAI index.";

impl TableMetadata {
    /// The warnings of checking the table's indexes, which every change of its columns or indexes does.
    pub fn index_warnings(&self) -> Vec<String> {
        let is_searched = |it: &&IndexMetadata| {
            let column = self.column(&it.column);
            column.is_some_and(|column| it.similarity(column).is_some())
        };
        let warnings = self.indexes.values().filter(is_searched);
        warnings.map(|_| VECTOR_USAGE_WARNING.to_string()).take(1).collect()
    }

    /// The names of the indexes of a column.
    pub fn indexes_of<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a IndexMetadata> {
        self.indexes.values().filter(move |it| it.column.as_str() == column)
    }
}

/// `keys(a)`, `"A"`: which part of which column. `TargetParser.java`.
fn parse_target(target: &str) -> (IndexedPart, String) {
    let parts = [
        IndexedPart::Values,
        IndexedPart::Keys,
        IndexedPart::Entries,
        IndexedPart::Full,
    ];
    let within = |part: IndexedPart| {
        let inner = target.strip_prefix(part.function())?.strip_prefix('(')?;
        Some((part, inner.strip_suffix(')')?))
    };
    let found = parts.into_iter().find_map(within);
    let (part, column) = found.unwrap_or((IndexedPart::Simple, target));
    let unquoted = column.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    (
        part,
        unquoted.map_or_else(|| column.to_string(), |it| it.replace("\"\"", "\"")),
    )
}

pub(super) fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
