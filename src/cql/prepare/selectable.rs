//! The first of two looks at a selector: its columns and functions exist and fit. What is computed and of which type comes after, so
//! that of several mistakes the one is told that Cassandra tells.
//!
//! Source of the order: Cassandra 5.0, `cql3/statements/SelectStatement`, `Selectable.Raw.prepare`.

use super::PrepareContext;
use super::expression::Scope;
use super::restrictions::existing_column;
use super::selector_text::selector_text;
use crate::cql::QueryError;
use crate::cql::ast::{CellMetadata, QualifiedName, SelectedColumn, Selection, Selector};
use crate::cql::functions::{self, Aggregate, Argument, ArgumentKind};
use crate::data::CqlType;
use crate::schema::{ColumnKind, TableMetadata};

impl PrepareContext<'_> {
    /// Whether the selection is of keys and static columns alone. Only for that are selectors looked at before the WHERE, and no
    /// more of them than it takes.
    pub(super) fn shows_only_statics(&self, selection: &Selection, table: &TableMetadata) -> Result<bool, QueryError> {
        let Selection::Columns(selected) = selection else {
            return Ok(false);
        };
        let any = |wanted: fn(ColumnKind) -> bool| -> Result<bool, QueryError> {
            let is_wanted = |name: &str| table.column(name).is_some_and(|it| wanted(it.kind));
            for SelectedColumn { selector, .. } in selected {
                self.selectable(selector, table)?;
                if selector.selects(&is_wanted) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        Ok(!table.statics.is_empty()
            && any(|kind| kind == ColumnKind::Static)?
            && !any(|kind| !matches!(kind, ColumnKind::Static | ColumnKind::PartitionKey))?)
    }

    /// The type of a selector as far as it is certain. A constant's is not.
    pub(super) fn selectable(&self, selector: &Selector, table: &TableMetadata) -> Result<Option<CqlType>, QueryError> {
        let all = |selectors: &[Selector]| {
            let types = selectors.iter().map(|it| self.selectable(it, table));
            types.collect::<Result<Vec<Option<CqlType>>, QueryError>>()
        };
        let first = |types: Vec<Option<CqlType>>| types.into_iter().flatten().next();
        Ok(match selector {
            Selector::Column(name) => Some(existing_column(table, name)?.ty.clone()),
            // A map's entries are looked at when it is known to be no user type.
            Selector::Literal(_) | Selector::Null | Selector::Marker(_) | Selector::MapOrUserType(_) => None,
            Selector::CountRows => Some(CqlType::Bigint),
            Selector::Metadata { which, of } => {
                let ty = self.selectable(of, table)?;
                let stamp = match which {
                    CellMetadata::TimeToLive => CqlType::Int,
                    _ => CqlType::Bigint,
                };
                let is_many = ty.is_some_and(|it| it.is_multi_cell()) && *which != CellMetadata::MaxWriteTime;
                Some(if is_many { CqlType::list(stamp) } else { stamp })
            }
            Selector::Cast { selector, to } => {
                self.selectable(selector, table)?;
                Some(super::type_name::native_type(*to))
            }
            Selector::Function { name, arguments } => self.selectable_function(name, arguments, table)?,
            Selector::Arithmetic { left, operator, right } => {
                let operands = [self.argument(left, table)?, self.argument(right, table)?];
                Some(functions::resolve_operation(*operator, &operands, None)?.returns)
            }
            Selector::Negation(inner) => {
                let operand = self.argument(inner, table)?;
                Some(functions::resolve_negation(&operand, None)?.returns)
            }
            Selector::Field { of, field } => match self.selectable(of, table)? {
                Some(CqlType::UserType(it)) => it.fields.iter().find(|(name, _)| name == field).map(|it| it.1.clone()),
                _ => None,
            },
            Selector::Element { of, .. } => match self.selectable(of, table)? {
                Some(CqlType::Map { value, .. }) => Some(CqlType::clone(&value)),
                Some(CqlType::Set { element, .. }) => Some(CqlType::clone(&element)),
                _ => None,
            },
            Selector::Slice { of, .. } => self.selectable(of, table)?,
            Selector::TypeHint { hint, selector } => {
                self.selectable(selector, table)?;
                Some(self.resolve_type(hint, &table.keyspace)?)
            }
            Selector::List(elements) => first(all(elements)?).map(CqlType::list),
            Selector::Set(elements) => first(all(elements)?).map(CqlType::set),
            Selector::Parenthesized(elements) => {
                let types = all(elements)?;
                // One in parentheses is itself, or a tuple of it.
                match types.len() {
                    1 => None,
                    _ => types.into_iter().collect::<Option<Vec<_>>>().map(CqlType::tuple),
                }
            }
        })
    }

    fn selectable_function(
        &self,
        name: &QualifiedName,
        arguments: &[Selector],
        table: &TableMetadata,
    ) -> Result<Option<CqlType>, QueryError> {
        let arguments = arguments.iter().map(|it| self.argument(it, table));
        let arguments = arguments.collect::<Result<Vec<Argument>, QueryError>>()?;
        let is_native = name.keyspace.as_deref().is_none_or(|keyspace| keyspace == "system");
        if is_native && functions::is_aggregate(&name.name) {
            let ty = |it: &Argument| match (&it.kind, &it.inferred) {
                (ArgumentKind::Typed(ty), _) | (_, Some(ty)) => Some(ty.clone()),
                (ArgumentKind::Literal(kind, text), None) => kind.preferred_type(text).ok(),
                _ => None,
            };
            return Ok(match arguments.iter().map(ty).collect::<Option<Vec<CqlType>>>() {
                Some(types) => Some(Aggregate::named(&name.name, &types)?.1),
                None => None,
            });
        }
        let key: Vec<CqlType> = table.partition_key.iter().map(|column| column.ty.clone()).collect();
        match functions::resolve(name, &arguments, None, &key)? {
            Some((_, signature)) => Ok(Some(signature.returns)),
            None => Err(QueryError::invalid(format!(
                "Unknown function '{}'",
                functions::plain_name(name)
            ))),
        }
    }

    /// The first thing wrong with the entries of a map.
    pub(super) fn fault_in(&self, entries: &[(Selector, Selector)], table: &TableMetadata) -> Option<QueryError> {
        let mut parts = entries.iter().flat_map(|(key, value)| [key, value]);
        parts.find_map(|part| self.selectable(part, table).err())
    }

    /// What is known of an argument of a function.
    fn argument(&self, selector: &Selector, table: &TableMetadata) -> Result<Argument, QueryError> {
        let mut inner = selector;
        while let Selector::Parenthesized(parts) = inner
            && let [only] = parts.as_slice()
        {
            inner = only;
        }
        let certain = self.selectable(inner, table)?;
        let kind = match (inner, certain) {
            (Selector::Literal(literal), _) => ArgumentKind::Literal(literal.kind, literal.text.clone()),
            (Selector::List(elements), _) => ArgumentKind::List(elements.len()),
            (Selector::Set(elements), _) => ArgumentKind::Set {
                is_empty: elements.is_empty(),
            },
            (Selector::MapOrUserType(entries), _) => ArgumentKind::Map {
                fault: self.fault_in(entries, table),
            },
            (Selector::Parenthesized(_), _) => ArgumentKind::Tuple,
            (_, Some(ty)) => ArgumentKind::Typed(ty),
            (_, None) => ArgumentKind::Open,
        };
        let inferred = match kind {
            ArgumentKind::Typed(_) | ArgumentKind::Literal(..) | ArgumentKind::Open => None,
            _ => self.type_by_itself(inner, &mut Scope::of_rows(table)),
        };
        let text = selector_text(selector);
        Ok(Argument { text, kind, inferred })
    }
}
