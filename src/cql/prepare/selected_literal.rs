//! Literals in a selection, which may have columns in them: `[a, b]`, `{a: 1}`, `(a, 'x')`.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/selection/Selectable`.

use bytes::Bytes;

use super::expression::{Expression, RowValues, Scope, Typed};
use super::selector_term::as_term;
use super::selector_text::selector_text;
use super::term::Receiver;
use super::{Evaluation, PrepareContext};
use crate::base::Arrange;
use crate::cql::QueryError;
use crate::cql::ast::{Selector, TypeName};
use crate::cql::functions;
use crate::data::CqlType;
use crate::data::types::layout::{join_collection, join_nullable_list, join_tuple, join_vector};

impl PrepareContext<'_> {
    pub(super) fn literal(
        &self,
        selector: &Selector,
        wanted: Option<&CqlType>,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        let text = selector_text(selector);
        let own = match wanted {
            None => match scope.table {
                Some(table) => self.selectable(selector, table).ok().flatten(),
                None => None,
            },
            Some(_) => None,
        };
        let Some(wanted) = own.as_ref().or(wanted) else {
            return Err(QueryError::invalid(format!(
                "Cannot infer type for term {text} in selection clause (try using a cast to force a type)"
            )));
        };
        let Some(term) = as_term(selector) else {
            return self.collected(selector, wanted, scope);
        };
        let receiver = Receiver {
            name: text,
            ty: wanted.clone(),
        };
        let term = self.term(&term, &receiver, scope.keyspace)?;
        Ok((Expression::Term(Box::new(term)), wanted.clone()))
    }

    /// A literal after the type it is to have, which the row may be needed for.
    pub(super) fn hinted(
        &self,
        hint: &TypeName,
        selector: &Selector,
        text: String,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        let ty = self.resolve_type(hint, scope.keyspace)?;
        let Some(term) = as_term(selector) else {
            return self.collected(selector, &ty, scope);
        };
        if self.is_misfit(&term, &ty, scope.keyspace) {
            return Err(QueryError::invalid(format!(
                "Cannot assign value {text} to {text} of type {ty}"
            )));
        }
        let receiver = Receiver {
            name: text,
            ty: ty.clone(),
        };
        let term = self.term(&term, &receiver, scope.keyspace)?;
        Ok((Expression::Term(Box::new(term)), ty))
    }

    /// A literal whose elements have to be computed for each row.
    fn collected(&self, selector: &Selector, ty: &CqlType, scope: &mut Scope<'_>) -> Result<Typed, QueryError> {
        let misfit = || {
            QueryError::invalid(format!(
                "Invalid literal {} for a value of type {ty}",
                selector_text(selector)
            ))
        };
        let mut parts = Vec::new();
        match (selector, ty) {
            (Selector::List(elements), CqlType::List { element, .. } | CqlType::Vector { element, .. })
            | (Selector::Set(elements), CqlType::Set { element, .. }) => {
                if let CqlType::Vector { dimension, .. } = ty
                    && *dimension as usize != elements.len()
                {
                    return Err(misfit());
                }
                for part in elements {
                    parts.push(self.expression(part, Some(element), scope)?.0);
                }
            }
            (Selector::MapOrUserType(entries), CqlType::Map { key, value, .. }) => {
                for (name, part) in entries {
                    parts.push(self.expression(name, Some(key), scope)?.0);
                    parts.push(self.expression(part, Some(value), scope)?.0);
                }
            }
            (Selector::MapOrUserType(entries), CqlType::UserType(user_type)) => {
                let names: Vec<String> = entries.iter().map(|(name, _)| selector_text(name)).collect();
                if let Some(unknown) = names
                    .iter()
                    .find(|name| !user_type.fields.iter().any(|(it, _)| it == *name))
                {
                    return Err(QueryError::invalid(format!(
                        "Unknown field '{unknown}' in value of user defined type {}",
                        user_type.name
                    )));
                }
                for (name, field) in &user_type.fields {
                    let given = names.iter().position(|it| it == name).map(|at| &entries[at].1);
                    parts.push(self.expression(given.unwrap_or(&Selector::Null), Some(field), scope)?.0);
                }
            }
            (Selector::Parenthesized(elements), CqlType::Tuple(types)) if elements.len() <= types.len() => {
                for (part, ty) in elements.iter().zip(types.iter()) {
                    parts.push(self.expression(part, Some(ty), scope)?.0);
                }
            }
            _ => return Err(misfit()),
        }
        let collected = Expression::Collected { ty: ty.clone(), parts };
        Ok((collected, ty.clone()))
    }

    /// A constant with the type it has when nothing else says one.
    pub(super) fn literal_by_itself(&self, selector: &Selector, scope: &mut Scope<'_>) -> Result<Typed, QueryError> {
        let ty = match selector {
            Selector::Literal(literal) => Some(literal.kind.preferred_type(&literal.text)?),
            _ => None,
        };
        self.literal(selector, ty.as_ref(), scope)
    }

    /// The type of a literal by itself, as far as its elements tell one.
    pub(super) fn type_by_itself(&self, selector: &Selector, scope: &mut Scope<'_>) -> Option<CqlType> {
        let mut common = |selectors: &mut dyn Iterator<Item = &Selector>| {
            let types: Option<Vec<CqlType>> = selectors.map(|it| self.type_by_itself(it, scope)).collect();
            functions::common_type(&types?)
        };
        Some(match selector {
            Selector::Literal(literal) => literal.kind.preferred_type(&literal.text).ok()?,
            Selector::Null => return None,
            Selector::List(elements) => CqlType::list(common(&mut elements.iter())?),
            Selector::Set(elements) => CqlType::set(common(&mut elements.iter())?),
            Selector::MapOrUserType(_) => return None,
            Selector::Parenthesized(elements) => match elements.as_slice() {
                [only] => return self.type_by_itself(only, scope),
                several => {
                    let types = several.iter().map(|it| self.type_by_itself(it, scope));
                    CqlType::tuple(types.collect::<Option<Vec<_>>>()?)
                }
            },
            Selector::TypeHint { hint, .. } => self.resolve_type(hint, scope.keyspace).ok()?,
            other => self.expression(other, None, scope).ok()?.1,
        })
    }
}

/// The value of a literal of these parts.
pub(super) fn collect(
    ty: &CqlType,
    parts: &[Expression],
    row: &impl RowValues,
    at: &mut Evaluation<'_>,
) -> Result<Option<Bytes>, QueryError> {
    let parts = parts.iter().map(|it| it.evaluate(row, at));
    let parts = parts.collect::<Result<Vec<Option<Bytes>>, QueryError>>()?;
    let present = |parts: Vec<Option<Bytes>>| {
        let parts = parts.into_iter().collect::<Option<Vec<Bytes>>>();
        parts.ok_or_else(|| QueryError::invalid("null is not supported inside collections"))
    };
    Ok(Some(match ty {
        CqlType::List { .. } => join_nullable_list(&parts),
        CqlType::Set { element, .. } => {
            let mut parts = present(parts)?;
            parts.arrange_by(|a, b| element.compare(a, b));
            parts.dedup();
            join_collection(parts.len(), parts.iter().map(|it| &**it))
        }
        CqlType::Map { key, .. } => {
            let parts = present(parts)?;
            let mut entries: Vec<&[Bytes]> = parts.chunks_exact(2).collect();
            // Of two entries under one key the later one stays.
            entries.reverse();
            entries.arrange_by(|a, b| key.compare(&a[0], &b[0]));
            entries.dedup_by(|a, b| a[0] == b[0]);
            join_collection(entries.len(), entries.into_iter().flatten().map(|it| &**it))
        }
        CqlType::Vector { element, .. } => {
            let parts = present(parts)?;
            join_vector(element.is_fixed_length(), parts.iter().map(|it| &**it))
        }
        _ => join_tuple(parts.iter().map(Option::as_deref)),
    }))
}
