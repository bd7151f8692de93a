//! CREATE INDEX and DROP INDEX.
//!
//! Source of the checks and their order: Cassandra 5.0, `CreateIndexStatement.java`, `IndexAttributes.java`,
//! `IndexMetadata.validate`, `StorageAttachedIndex.validateOptions`, `IndexWriterConfig.java`.

use std::collections::BTreeSet;

use super::table::replace;
use super::{Change, ChangeContext, existing_keyspace, is_plain_name};
use crate::base::SortedMap;
use crate::data::identifier::maybe_quote;
use crate::data::{ColumnName, CqlType, KeyspaceName, Similarity, TableName};
use crate::schema::index::{CLASS_NAME, IndexClass, IndexMetadata, IndexedPart, TARGET, parse_boolean};
use crate::schema::{ColumnKind, ColumnMetadata, KeyspaceMetadata, Properties, SchemaError, TableMetadata};

/// The name of Cassandra's own kind of index, which is the default: `cassandra.yaml`'s `default_secondary_index`.
const LEGACY: &str = "legacy_local_table";
const SASI: &str = "org.apache.cassandra.index.sasi.SASIIndex";
const SAI: &str = "org.apache.cassandra.index.sai.StorageAttachedIndex";

/// `SchemaConstants.NAME_LENGTH`.
const MAX_COLUMN_NAME: usize = 48;

const ANALYSIS_OPTIONS: [&str; 3] = ["ascii", "case_sensitive", "normalize"];
const VECTOR_OPTIONS: [&str; 4] = [
    "maximum_node_connections",
    "construction_beam_width",
    "similarity_function",
    "optimize_for",
];

/// An index as its statement describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIndex {
    pub keyspace: KeyspaceName,
    pub table: TableName,
    pub name: Option<String>,
    pub if_not_exists: bool,
    pub custom: bool,
    pub targets: Vec<(IndexedPart, ColumnName)>,
    /// USING.
    pub class: Option<String>,
    pub properties: Properties,
}

impl NewIndex {
    pub(super) fn create(mut self, context: &ChangeContext<'_>) -> Result<Change, SchemaError> {
        let class = self.class()?;
        let options = self.options(class.is_some())?;
        if class.as_deref() == Some(SASI) {
            return Err(SchemaError::invalid(
                "SASI indexes are disabled. Enable in cassandra.yaml to use.",
            ));
        }
        let before = existing_keyspace(context, &self.keyspace)?;
        let missing = || SchemaError::invalid(format!("Table '{}' doesn't exist", self.table));
        let table = before.tables.get(self.table.as_str()).ok_or_else(missing)?;
        if let Some(name) = &self.name
            && has_index(before, name)
        {
            return match self.if_not_exists {
                true => Ok(Change::nothing(Some(before))),
                false => Err(SchemaError::invalid(format!("Index '{name}' already exists"))),
            };
        }
        if table.regulars.values().any(|column| column.ty == CqlType::Counter) {
            return Err(SchemaError::invalid(
                "Secondary indexes on counter tables aren't supported",
            ));
        }
        if table.view.is_some() {
            return Err(SchemaError::invalid(
                "Secondary indexes on materialized views aren't supported",
            ));
        }
        let targets = self.targets(table, class.is_some())?;
        let column_name = |(_, column): &(IndexedPart, &ColumnMetadata)| column.name.clone();
        let name = match self.name.clone() {
            Some(name) => name,
            None => available_name(before, &self.table, targets.iter().map(column_name)),
        };
        let Some((part, column)) = targets.first() else {
            return Err(SchemaError::invalid("Failed to retrieve target column for: "));
        };
        let index = IndexMetadata {
            name,
            column: column.name.clone(),
            part: *part,
            class: match class {
                None => IndexClass::Legacy,
                Some(class_name) => IndexClass::StorageAttached { class_name, options },
            },
        };
        if let Some(equal) = table.indexes.values().find(|it| is_duplicate(it, &index)) {
            return match self.if_not_exists {
                true => Ok(Change::nothing(Some(before))),
                false => Err(SchemaError::invalid(format!(
                    "Index {} is a duplicate of existing index {}",
                    index.name, equal.name
                ))),
            };
        }
        check(&index, &targets, table)?;
        let mut after = TableMetadata::clone(table);
        after.indexes.insert(index.name.clone(), index);
        let warnings = after.index_warnings();
        Ok(Change {
            warnings,
            ..replace(before, after)
        })
    }

    /// The class of a custom index; none makes the default kind.
    fn class(&mut self) -> Result<Option<String>, SchemaError> {
        let class = self.class.take().unwrap_or_else(|| LEGACY.to_string());
        Ok((self.custom || !class.eq_ignore_ascii_case(LEGACY)).then_some(class))
    }

    fn options(&mut self, is_custom: bool) -> Result<SortedMap<String, String>, SchemaError> {
        let mut properties = core::mem::take(&mut self.properties);
        let is_empty = properties.is_empty();
        let options = properties.take_map("options")?;
        properties.finish()?;
        if !is_custom && !is_empty {
            return Err(SchemaError::invalid("Cannot specify options for a non-CUSTOM index"));
        }
        let options = options.unwrap_or_default();
        match [CLASS_NAME, TARGET]
            .into_iter()
            .find(|name| options.contains_key(*name))
        {
            Some(name) => Err(SchemaError::invalid(format!(
                "Cannot specify {name} as a CUSTOM option"
            ))),
            None => Ok(options),
        }
    }

    fn targets<'a>(
        &self,
        table: &'a TableMetadata,
        is_custom: bool,
    ) -> Result<Vec<(IndexedPart, &'a ColumnMetadata)>, SchemaError> {
        let mut targets = Vec::new();
        for (part, name) in &self.targets {
            let undefined = || {
                let (keyspace, table) = (maybe_quote(&table.keyspace), maybe_quote(&table.name));
                SchemaError::invalid(format!(
                    "Undefined column name {} in table {keyspace}.{table}",
                    maybe_quote(name)
                ))
            };
            let column = table.column(name).ok_or_else(undefined)?;
            let part = match part {
                IndexedPart::Simple if column.ty.is_collection() => IndexedPart::Values,
                part => *part,
            };
            targets.push((part, column));
        }
        if targets.is_empty() && !is_custom {
            return Err(SchemaError::invalid(
                "Only CUSTOM indexes can be created without specifying a target column",
            ));
        }
        if targets.len() > 1 {
            if !is_custom {
                return Err(SchemaError::invalid("Only CUSTOM indexes support multiple columns"));
            }
            let mut seen = BTreeSet::new();
            if let Some((_, twice)) = targets.iter().find(|(_, column)| !seen.insert(&column.name)) {
                let name = &twice.name;
                return Err(SchemaError::invalid(format!(
                    "Duplicate column '{name}' in index target list"
                )));
            }
        }
        for (part, column) in &targets {
            check_target(*part, column, table, is_custom)?;
        }
        Ok(targets)
    }
}

fn check_target(
    part: IndexedPart,
    column: &ColumnMetadata,
    table: &TableMetadata,
    is_custom: bool,
) -> Result<(), SchemaError> {
    let (name, ty) = (&column.name, &column.ty);
    let is_frozen_collection = ty.is_collection() && !ty.is_multi_cell();
    let is_map = matches!(ty, CqlType::Map { .. }) && ty.is_multi_cell();
    let wrong = if is_custom && !is_plain_name(name) {
        format!("Column '{name}' contains non-alphanumeric-underscore characters")
    } else if is_custom && name.chars().count() > MAX_COLUMN_NAME {
        format!("Column '{name}' is longer than the permissible name length of {MAX_COLUMN_NAME} characters")
    } else if ty.any_type(&|it| *it == CqlType::Duration) {
        let what = match ty {
            _ if ty.is_collection() => "collections containing durations",
            CqlType::UserType(_) | CqlType::Tuple(_) => "tuples containing durations",
            _ => "duration columns",
        };
        format!("Secondary indexes are not supported on {what}")
    } else if column.kind == ColumnKind::PartitionKey && table.partition_key.len() == 1 {
        format!("Cannot create secondary index on the only partition key column {name}")
    } else if is_frozen_collection && part != IndexedPart::Full {
        let (part, quoted) = (part.name(), maybe_quote(name));
        format!(
            "Cannot create {part}() index on frozen column {name}. Frozen collections are immutable and must be fully indexed \
             by using the 'full({quoted})' modifier"
        )
    } else if !is_frozen_collection && part == IndexedPart::Full {
        "full() indexes can only be created on frozen collections".to_string()
    } else if !ty.is_collection() && part != IndexedPart::Simple {
        format!(
            "Cannot create {}() index on {name}. Non-collection columns only support simple indexes",
            part.name()
        )
    } else if !is_map && matches!(part, IndexedPart::Keys | IndexedPart::Entries) {
        format!(
            "Cannot create index on {} of column {name} with non-map type",
            part.name()
        )
    } else if matches!(ty, CqlType::UserType(_)) && ty.is_multi_cell() {
        format!("Cannot create index on non-frozen UDT column {name}")
    } else {
        return Ok(());
    };
    Err(SchemaError::Invalid(wrong))
}

/// Whether two indexes are the same in all but name.
fn is_duplicate(one: &IndexMetadata, other: &IndexMetadata) -> bool {
    (one.column == other.column) && (one.part == other.part) && (one.class == other.class)
}

/// What is checked of the table as it would be.
fn check(
    index: &IndexMetadata,
    targets: &[(IndexedPart, &ColumnMetadata)],
    table: &TableMetadata,
) -> Result<(), SchemaError> {
    if !is_plain_name(&index.name) {
        return Err(SchemaError::configuration(format!("Illegal index name {}", index.name)));
    }
    let IndexClass::StorageAttached { class_name, options } = &index.class else {
        return Ok(());
    };
    let is_sai = ["sai", "storageattachedindex"]
        .iter()
        .any(|it| class_name.eq_ignore_ascii_case(it));
    if !is_sai && class_name != SAI {
        return Err(SchemaError::configuration(format!(
            "Unable to find custom indexer class '{class_name}'"
        )));
    }
    if let [_, _, ..] = targets {
        let listed: Vec<String> = targets
            .iter()
            .map(|(_, column)| maybe_quote(&column.name).into())
            .collect();
        return Err(SchemaError::invalid(format!(
            "A storage-attached index cannot be created over multiple columns: {}",
            listed.join(", ")
        )));
    }
    let Some((part, column)) = targets.first() else {
        return Ok(());
    };
    let is_same = |it: &&IndexMetadata| it.is_storage_attached() && it.part == *part;
    if table.indexes_of(&column.name).any(|it| is_same(&it)) {
        return Err(SchemaError::invalid(format!(
            "Cannot create more than one storage-attached index on the same column: {}",
            column.name
        )));
    }
    check_options(index, column, options)?;
    // All that is wrong otherwise is told before what nobody asked for.
    let is_known = |name: &str| ANALYSIS_OPTIONS.contains(&name) || VECTOR_OPTIONS.contains(&name);
    let unknown: Vec<&str> = options.keys().map(String::as_str).filter(|it| !is_known(it)).collect();
    if !unknown.is_empty() {
        return Err(SchemaError::configuration(format!(
            "Properties specified [{}] are not understood by StorageAttachedIndex",
            unknown.join(", ")
        )));
    }
    Ok(())
}

fn check_options(
    index: &IndexMetadata,
    column: &ColumnMetadata,
    options: &SortedMap<String, String>,
) -> Result<(), SchemaError> {
    let ty = index.term_type(column);
    let analysis: Vec<(&String, &String)> = options
        .iter()
        .filter(|(name, _)| ANALYSIS_OPTIONS.contains(&name.as_str()))
        .collect();
    if !analysis.is_empty() {
        if column.kind <= ColumnKind::Clustering {
            let found: Vec<String> = analysis
                .iter()
                .map(|(name, value)| format!("'{name}': '{value}'"))
                .collect();
            return Err(SchemaError::invalid(format!(
                "Analysis options are not supported on primary key columns, but found {{{}}}",
                found.join(", ")
            )));
        }
        if !matches!(ty, CqlType::Text | CqlType::Ascii) {
            let name = match (&column.ty, index.part) {
                (CqlType::Map { key, value, .. }, IndexedPart::Entries) => {
                    let (key, value) = (key.class_name(false), value.class_name(false));
                    format!("'org.apache.cassandra.db.marshal.CompositeType({key},{value})'")
                }
                _ => ty.to_string(),
            };
            return Err(SchemaError::invalid(format!("CQL type {name} cannot be analyzed.")));
        }
        for (name, value) in analysis {
            if value.is_empty() {
                return Err(SchemaError::invalid(format!("Empty value for boolean option '{name}'")));
            }
            if parse_boolean(value).is_none() {
                return Err(SchemaError::invalid(format!(
                    "Illegal value for boolean option '{name}': {value}"
                )));
            }
        }
    }
    check_vector_options(&ty, options)?;
    match (&ty, index.part) {
        (_, IndexedPart::Entries) => {
            if let CqlType::Map { key, value, .. } = &column.ty {
                check_type(key)?;
                check_type(value)?;
            }
            Ok(())
        }
        (CqlType::Vector { element, dimension }, _) => {
            if **element != CqlType::Float {
                return Err(SchemaError::invalid(
                    "SAI ANN indexes are only allowed on vector columns with float elements",
                ));
            }
            if *dimension == 1 && index.similarity(column).is_none_or(|it| it == Similarity::Cosine) {
                return Err(SchemaError::invalid(
                    "Cosine similarity is not supported for single-dimension vectors",
                ));
            }
            Ok(())
        }
        _ => check_type(&ty),
    }
}

fn check_type(ty: &CqlType) -> Result<(), SchemaError> {
    let is_frozen = ty.is_collection() && !ty.is_multi_cell()
        || matches!(ty, CqlType::Tuple(_) | CqlType::UserType(_) | CqlType::Vector { .. });
    let is_unsupported = matches!(
        ty,
        CqlType::Blob | CqlType::Counter | CqlType::Duration | CqlType::Empty | CqlType::Custom(_)
    );
    match is_unsupported && !is_frozen {
        true => Err(SchemaError::invalid(format!("Unsupported type: {ty}"))),
        false => Ok(()),
    }
}

fn check_vector_options(ty: &CqlType, options: &SortedMap<String, String>) -> Result<(), SchemaError> {
    if !VECTOR_OPTIONS.iter().any(|it| options.contains_key(*it)) {
        return Ok(());
    }
    if !matches!(ty, CqlType::Vector { .. }) {
        return Err(SchemaError::invalid(format!(
            "CQL type {ty} cannot have vector options"
        )));
    }
    let locked = [
        ("maximum_node_connections", "Maximum node connections"),
        ("construction_beam_width", "Construction beam width"),
    ];
    if let Some((_, what)) = locked.iter().find(|(name, _)| options.contains_key(*name)) {
        return Err(SchemaError::invalid(format!(
            "{what} cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS"
        )));
    }
    if let Some(name) = options.get("similarity_function")
        && Similarity::named(&name.to_lowercase()).is_none()
    {
        return Err(SchemaError::invalid(format!(
            "Similarity function {} was not recognized for index null. Valid values are: EUCLIDEAN, DOT_PRODUCT, COSINE",
            name.to_uppercase()
        )));
    }
    if let Some(name) = options.get("optimize_for") {
        let name = name.to_uppercase();
        if !["LATENCY", "RECALL"].contains(&name.as_str()) {
            return Err(SchemaError::invalid(format!(
                "optimize_for '{name}' was not recognized for index null. Valid values are: LATENCY, RECALL"
            )));
        }
    }
    Ok(())
}

fn has_index(keyspace: &KeyspaceMetadata, name: &str) -> bool {
    keyspace.indexed_table(name).is_some()
}

/// `table_column_idx`, without what may not be in a name, and with a number after it when it is taken.
fn available_name(
    keyspace: &KeyspaceMetadata,
    table: &TableName,
    columns: impl ExactSizeIterator<Item = ColumnName>,
) -> String {
    let mut base = table.to_string();
    if columns.len() == 1 {
        columns.for_each(|column| base = format!("{base}_{column}"));
    }
    base.push_str("_idx");
    base.retain(|symbol| symbol.is_ascii_alphanumeric() || symbol == '_');
    let numbered = (1u32..).map(|n| format!("{base}_{n}"));
    let free = core::iter::once(base.clone())
        .chain(numbered)
        .find(|name| !has_index(keyspace, name));
    free.unwrap_or(base)
}

pub(super) fn drop(
    keyspace: KeyspaceName,
    name: &str,
    if_exists: bool,
    context: &ChangeContext<'_>,
) -> Result<Change, SchemaError> {
    let before = context.schema.keyspace(&keyspace);
    let table = before.and_then(|it| it.indexed_table(name));
    let (Some(before), Some(table)) = (before, table) else {
        return match if_exists {
            true => Ok(Change::nothing(before)),
            false => Err(SchemaError::invalid(format!(
                "Index '{keyspace}.{name}' doesn't exist'"
            ))),
        };
    };
    let mut after = TableMetadata::clone(table);
    after.indexes.remove(name);
    Ok(replace(before, after))
}
