//! Expressions over a row: prepared from selectors, and from terms that compute something.

use bytes::Bytes;

use super::restrictions::existing_column;
use super::selected_literal::collect;
use super::selector_term::{as_term, is_literal};
use super::stamps::{StampKind, StampedPart, Stamps};
use super::term::{Receiver, TypedTerm};
use super::{Evaluation, PrepareContext, selector_text::selector_text};
use crate::cql::QueryError;
use crate::cql::ast::{CellMetadata, NativeType, QualifiedName, Selector, Term};
use crate::cql::functions::{self, Aggregate, Argument, ArgumentKind, Call, Signature};
use crate::data::types::Assignment;
use crate::data::types::layout::{join_collection, split_collection, split_tuple};
use crate::data::{ColumnName, CqlType, KeyspaceName};
use crate::schema::{ColumnKind, TableMetadata};

/// An expression over one row, or over the results of a group's aggregates.
#[derive(Clone, Debug)]
pub enum Expression {
    Column(ColumnName),
    Term(Box<TypedTerm>),
    /// When the cells of a column, or of a part of it, were written or will go.
    Metadata {
        which: CellMetadata,
        of: StampedPart,
    },
    Call(Call<Expression>),
    /// The result of the aggregate of this number.
    Aggregate(usize),
    /// The value under a key of a map, or an element of a set.
    Element {
        of: Box<Expression>,
        ty: CqlType,
        key: Box<TypedTerm>,
    },
    /// The part of a map or set from one key to another.
    Slice {
        of: Box<Expression>,
        ty: CqlType,
        from: Option<Box<TypedTerm>>,
        to: Option<Box<TypedTerm>>,
    },
    /// A list, set, map, tuple or user type of these parts.
    Collected {
        ty: CqlType,
        parts: Vec<Expression>,
    },
    /// A field of a user type.
    Field {
        of: Box<Expression>,
        at: usize,
        count: usize,
    },
}

/// What an expression reads of a row.
pub trait RowValues {
    fn value(&self, column: &ColumnName) -> Option<Bytes>;
    fn stamps(&self, column: &ColumnName, kind: StampKind) -> Stamps;
    /// The result of an aggregate, once a group's rows are through.
    fn aggregate(&self, _number: usize) -> Option<Bytes> {
        None
    }
}

/// For terms, which have no row.
pub(super) struct NoRow;

impl RowValues for NoRow {
    fn value(&self, _: &ColumnName) -> Option<Bytes> {
        None
    }
    fn stamps(&self, _: &ColumnName, _: StampKind) -> Stamps {
        Stamps::None
    }
}

impl Expression {
    pub(super) fn evaluate(&self, row: &impl RowValues, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        Ok(match self {
            Expression::Column(name) => row.value(name),
            Expression::Term(term) => return term.evaluate(at),
            Expression::Metadata { which, of } => return of.evaluate(*which, row, at),
            Expression::Call(call) => {
                let arguments = call.arguments.iter().map(|it| it.evaluate(row, at));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                return call.run(&arguments, at);
            }
            Expression::Aggregate(number) => row.aggregate(*number),
            Expression::Element { of, ty, key } => {
                let (Some(whole), Some(key)) = (of.evaluate(row, at)?, key.evaluate(at)?) else {
                    return Ok(None);
                };
                let parts = split_collection(kind_of(ty), &whole)?;
                let found = match ty {
                    CqlType::Map { key: ty, .. } => {
                        let entry = parts.chunks_exact(2).find(|entry| ty.compare(entry[0], &key).is_eq());
                        entry.map(|entry| entry[1])
                    }
                    CqlType::Set { element: ty, .. } => parts.into_iter().find(|part| ty.compare(part, &key).is_eq()),
                    _ => None,
                };
                found.map(|part| whole.slice_ref(part))
            }
            Expression::Slice { of, ty, from, to } => {
                let Some(whole) = of.evaluate(row, at)? else {
                    return Ok(None);
                };
                let mut bound = |term: &Option<Box<TypedTerm>>| match term {
                    Some(term) => term.evaluate(at),
                    None => Ok(None),
                };
                let (from, to) = (bound(from)?, bound(to)?);
                let (CqlType::Map { key: of_key, .. } | CqlType::Set { element: of_key, .. }) = ty else {
                    return Ok(None);
                };
                let within = |key: &[u8]| {
                    from.as_ref().is_none_or(|from| of_key.compare(key, from).is_ge())
                        && to.as_ref().is_none_or(|to| of_key.compare(key, to).is_le())
                };
                let width = if matches!(ty, CqlType::Map { .. }) { 2 } else { 1 };
                let parts = split_collection(kind_of(ty), &whole)?;
                let kept: Vec<&[u8]> = parts
                    .chunks_exact(width)
                    .filter(|it| within(it[0]))
                    .flatten()
                    .copied()
                    .collect();
                match kept.is_empty() && ty.is_multi_cell() {
                    true => None,
                    false => Some(join_collection(kept.len() / width, kept)),
                }
            }
            Expression::Collected { ty, parts } => return collect(ty, parts, row, at),
            Expression::Field { of, at: field, count } => {
                let Some(whole) = of.evaluate(row, at)? else {
                    return Ok(None);
                };
                let part = split_tuple(*count, whole.as_ref())
                    .ok()
                    .and_then(|it| it.get(*field).copied().flatten());
                part.map(|part| whole.slice_ref(part))
            }
        })
    }
}

fn kind_of(ty: &CqlType) -> &'static str {
    match ty {
        CqlType::Map { .. } => "map",
        _ => "set",
    }
}

/// Where an expression stands, and what preparing it has found to be needed.
pub(super) struct Scope<'a> {
    /// None where a term is wanted: there are no columns.
    pub table: Option<&'a TableMetadata>,
    /// Whose partition key `token` takes.
    pub token_of: Option<&'a TableMetadata>,
    pub keyspace: &'a KeyspaceName,
    pub needed: Vec<ColumnName>,
    pub aggregates: Vec<(Aggregate, Option<Expression>)>,
    within_aggregate: bool,
}

impl<'a> Scope<'a> {
    pub fn of_rows(table: &'a TableMetadata) -> Scope<'a> {
        Scope {
            table: Some(table),
            token_of: Some(table),
            ..Scope::of_terms(&table.keyspace, None)
        }
    }

    pub fn of_terms(keyspace: &'a KeyspaceName, token_of: Option<&'a TableMetadata>) -> Scope<'a> {
        Scope {
            table: None,
            token_of,
            keyspace,
            needed: Vec::new(),
            aggregates: Vec::new(),
            within_aggregate: false,
        }
    }
}

pub(super) type Typed = (Expression, CqlType);

impl PrepareContext<'_> {
    /// A term that has to be computed, as what its receiver wants.
    pub(super) fn computed(
        &self,
        term: &Term,
        receiver: &Receiver,
        scope: &mut Scope<'_>,
    ) -> Result<TypedTerm, QueryError> {
        let (expression, ty) = self.expression(&Selector::from(term), Some(&receiver.ty), scope)?;
        if receiver.ty.assignment_from(&ty) == Assignment::No {
            let what = match &expression {
                Expression::Call(call) => format!("result of function {} (type {ty})", call.name),
                _ => format!("value {term} (type {ty})"),
            };
            return Err(QueryError::invalid(format!(
                "Type error: cannot assign {what} to {} (type {})",
                receiver.name, receiver.ty
            )));
        }
        Ok(TypedTerm::Computed(Box::new(expression)))
    }

    /// An expression and its type. `wanted`: the type it is for, where that is known.
    pub(super) fn expression(
        &self,
        selector: &Selector,
        wanted: Option<&CqlType>,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        match selector {
            Selector::Column(name) => {
                let Some(table) = scope.table else {
                    return Err(QueryError::invalid(format!("Undefined column name {name}")));
                };
                let column = existing_column(table, name)?;
                scope.needed.push(column.name.clone());
                Ok((Expression::Column(column.name.clone()), column.ty.clone()))
            }
            Selector::CountRows => self.aggregate(Aggregate::count(), CqlType::Bigint, None, scope),
            Selector::Metadata { which, of } => self.metadata(*which, of, scope),
            Selector::Marker(_)
            | Selector::Literal(_)
            | Selector::Null
            | Selector::List(_)
            | Selector::Set(_)
            | Selector::MapOrUserType(_) => self.literal(selector, wanted, scope),
            Selector::Parenthesized(inner) => match inner.as_slice() {
                [inner] if !matches!(wanted, Some(CqlType::Tuple(_))) => self.expression(inner, wanted, scope),
                _ => self.literal(selector, wanted, scope),
            },
            Selector::TypeHint { hint, selector: inner } => {
                let ty = self.resolve_type(hint, scope.keyspace)?;
                let text = selector_text(selector);
                if is_literal(inner) {
                    return self.hinted(hint, inner, text, scope);
                }
                let (expression, found) = self.expression(inner, Some(&ty), scope)?;
                match ty.assignment_from(&found) {
                    Assignment::No => Err(QueryError::invalid(format!(
                        "Cannot assign value {text} to {text} of type {ty}"
                    ))),
                    _ => Ok((expression, ty)),
                }
            }
            Selector::Cast { selector: inner, to } => {
                let (name, to) = (to, super::type_name::native_type(*to));
                // Among terms it is a function like others, of which `varchar` has none.
                let is_there = *name != NativeType::Varchar;
                if scope.table.is_none() {
                    let arguments = self.arguments(&[&**inner], scope)?;
                    let unknown = || QueryError::invalid(format!("Unknown function system.cast_as_{name} called"));
                    let signature = functions::cast(&arguments[0].0, &to)?.filter(|_| is_there);
                    let signature = signature.ok_or_else(unknown)?;
                    return self.call(format!("system.cast_as_{to}"), signature, arguments, scope);
                }
                let (expression, from) = match is_literal(inner) {
                    true => self.literal(inner, None, scope)?,
                    false => self.expression(inner, None, scope)?,
                };
                if from == to {
                    return Ok((expression, to));
                }
                let text = selector_text(inner);
                let argument = Argument {
                    text: text.clone(),
                    kind: ArgumentKind::Typed(from),
                    inferred: None,
                };
                let cast = if is_there {
                    functions::cast(&argument, &to)?
                } else {
                    None
                };
                match cast {
                    Some(cast) => Ok(call("cast", cast, vec![expression])),
                    // Cassandra names the first column of all.
                    None => {
                        let text = scope.needed.first().map_or(text, |it| it.to_string());
                        Err(QueryError::invalid(format!("{text} cannot be cast to {name}")))
                    }
                }
            }
            Selector::Function { name, arguments } => self.function(name, arguments, wanted, scope),
            Selector::Arithmetic { left, operator, right } => {
                let operands = self.arguments(&[&**left, &**right], scope)?;
                let described: Vec<Argument> = operands.iter().map(|it| it.0.clone()).collect();
                let signature = functions::resolve_operation(*operator, &described, wanted)?;
                self.call(format!("'{operator}'"), signature, operands, scope)
            }
            Selector::Negation(inner) => {
                let operands = self.arguments(&[&**inner], scope)?;
                let signature = functions::resolve_negation(&operands[0].0, wanted)?;
                self.call("'-'".to_string(), signature, operands, scope)
            }
            Selector::Field { of, field } => {
                let (expression, ty) = self.expression(of, None, scope)?;
                let text = selector_text(of);
                let CqlType::UserType(user_type) = &ty else {
                    return Err(QueryError::invalid(format!(
                        "Invalid field selection: {text} of type {ty} is not a user type"
                    )));
                };
                let Some(at) = user_type.fields.iter().position(|(name, _)| name == field) else {
                    return Err(QueryError::invalid(format!(
                        "{text} of type {} has no field {field}",
                        user_type.name
                    )));
                };
                let field = Expression::Field {
                    of: Box::new(expression),
                    at,
                    count: user_type.fields.len(),
                };
                Ok((field, user_type.fields[at].1.clone()))
            }
            Selector::Element { of, key } => {
                let (expression, ty) = self.expression(of, None, scope)?;
                let (receiver, returns) = self.element_of(of, &ty, Part::Element)?;
                let key = Box::new(self.term(key, &receiver, scope.keyspace)?);
                let of = Box::new(expression);
                Ok((Expression::Element { of, ty, key }, returns))
            }
            Selector::Slice { of, from, to } => {
                let (expression, ty) = self.expression(of, None, scope)?;
                let (receiver, _) = self.element_of(of, &ty, Part::Slice)?;
                let bound = |term: &Option<Term>| -> Result<Option<Box<TypedTerm>>, QueryError> {
                    let term = term.as_ref().map(|term| self.term(term, &receiver, scope.keyspace));
                    Ok(term.transpose()?.map(Box::new))
                };
                let (from, to) = (bound(from)?, bound(to)?);
                let of = Box::new(expression);
                let returns = ty.clone();
                Ok((Expression::Slice { of, ty, from, to }, returns))
            }
        }
    }

    /// What a key of this map or set is called and which type it has, and the type of what it leads to.
    fn element_of(&self, of: &Selector, ty: &CqlType, part: Part) -> Result<(Receiver, CqlType), QueryError> {
        let text = selector_text(of);
        let receiver = |name: &str, ty: &CqlType| Receiver {
            name: format!("{name}({text})"),
            ty: ty.clone(),
        };
        match ty {
            CqlType::Map { key, value, .. } => Ok((receiver("key", key), CqlType::clone(value))),
            CqlType::Set { element, .. } => Ok((receiver("value", element), CqlType::clone(element))),
            CqlType::List { .. } => Err(QueryError::invalid(match part {
                Part::Element => format!("Element selection is only allowed on sets and maps, but {text} is a list"),
                Part::Slice => format!("Slice selection is only allowed on sets and maps, but {text} is a list"),
            })),
            _ => Err(QueryError::invalid(match part {
                Part::Element => format!("Invalid element selection: {text} is of type {ty} is not a collection"),
                Part::Slice => format!("Invalid slice selection: {text} of type {ty} is not a collection"),
            })),
        }
    }

    fn metadata(&self, which: CellMetadata, of: &Selector, scope: &mut Scope<'_>) -> Result<Typed, QueryError> {
        let function = match which {
            CellMetadata::TimeToLive => "ttl",
            CellMetadata::WriteTime => "writetime",
            CellMetadata::MaxWriteTime => "maxwritetime",
        };
        let mut inner = of;
        let name = loop {
            match inner {
                Selector::Column(name) => break name,
                Selector::Element { of, .. } | Selector::Slice { of, .. } | Selector::Field { of, .. } => inner = of,
                _ => {
                    return Err(QueryError::invalid(format!(
                        "{function} is of a column or of a part of one"
                    )));
                }
            }
        };
        let Some(table) = scope.table else {
            return Err(QueryError::invalid(format!("Undefined column name {name}")));
        };
        let column = existing_column(table, name)?;
        if column.kind <= ColumnKind::Clustering {
            return Err(QueryError::invalid(format!(
                "Cannot use selection function {function} on PRIMARY KEY part {name}"
            )));
        }
        let (selected, ty) = self.expression(of, None, scope)?;
        let stamp = match which {
            CellMetadata::TimeToLive => CqlType::Int,
            _ => CqlType::Bigint,
        };
        let returns = match ty.is_multi_cell() && which != CellMetadata::MaxWriteTime {
            true => CqlType::list(stamp),
            false => stamp,
        };
        let of = StampedPart::of(selected)?;
        Ok((Expression::Metadata { which, of }, returns))
    }

    fn function(
        &self,
        name: &QualifiedName,
        arguments: &[Selector],
        wanted: Option<&CqlType>,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        let is_native = name.keyspace.as_deref().is_none_or(|keyspace| keyspace == "system");
        if is_native && functions::is_aggregate(&name.name) && scope.table.is_some() {
            // Counting a constant counts rows.
            if let ("count", [Selector::Literal(_)]) = (name.name.as_str(), arguments) {
                return self.expression(&Selector::CountRows, wanted, scope);
            }
            return self.named_aggregate(&name.name, arguments, scope);
        }
        let references: Vec<&Selector> = arguments.iter().collect();
        let arguments = self.arguments(&references, scope)?;
        let described: Vec<Argument> = arguments.iter().map(|it| it.0.clone()).collect();
        let key: Vec<CqlType> = match scope.token_of {
            Some(table) => table.partition_key.iter().map(|column| column.ty.clone()).collect(),
            None => Vec::new(),
        };
        let resolved = functions::resolve(name, &described, wanted, &key)?;
        let (full, signature) = resolved.ok_or_else(|| {
            let name = functions::plain_name(name);
            QueryError::invalid(match scope.table {
                Some(_) => format!("Unknown function '{name}'"),
                None => format!("Unknown function {name} called"),
            })
        })?;
        self.call(full, signature, arguments, scope)
    }

    fn named_aggregate(&self, name: &str, arguments: &[Selector], scope: &mut Scope<'_>) -> Result<Typed, QueryError> {
        if scope.within_aggregate {
            return Err(QueryError::invalid(
                "aggregate functions cannot be used as arguments of aggregate functions",
            ));
        }
        scope.within_aggregate = true;
        let mut prepared = Vec::new();
        for argument in arguments {
            prepared.push(match is_literal(argument) {
                true => self.literal_by_itself(argument, scope)?,
                false => self.expression(argument, None, scope)?,
            });
        }
        scope.within_aggregate = false;
        let types: Vec<CqlType> = prepared.iter().map(|(_, ty)| ty.clone()).collect();
        let (aggregate, returns) = Aggregate::named(name, &types)?;
        let argument = prepared.into_iter().next().map(|(expression, _)| expression);
        self.aggregate(aggregate, returns, argument, scope)
    }

    fn aggregate(
        &self,
        aggregate: Aggregate,
        returns: CqlType,
        argument: Option<Expression>,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        if scope.within_aggregate {
            return Err(QueryError::invalid(
                "aggregate functions cannot be used as arguments of aggregate functions",
            ));
        }
        scope.aggregates.push((aggregate, argument));
        Ok((Expression::Aggregate(scope.aggregates.len() - 1), returns))
    }

    /// What is known of each argument; those whose type is certain are prepared already.
    fn arguments<'s>(
        &self,
        selectors: &[&'s Selector],
        scope: &mut Scope<'_>,
    ) -> Result<Vec<(Argument, Prepared<'s>)>, QueryError> {
        let mut all = Vec::new();
        for selector in selectors {
            let mut inner: &Selector = selector;
            while let Selector::Parenthesized(parts) = inner
                && let [only] = parts.as_slice()
            {
                inner = only;
            }
            let mut prepared = Prepared::Open(selector);
            let kind = match inner {
                Selector::Literal(literal) => ArgumentKind::Literal(literal.kind, literal.text.clone()),
                Selector::Null | Selector::Marker(_) => ArgumentKind::Open,
                Selector::List(elements) => ArgumentKind::List(elements.len()),
                Selector::Set(elements) => ArgumentKind::Set {
                    is_empty: elements.is_empty(),
                },
                Selector::MapOrUserType(entries) => ArgumentKind::Map {
                    fault: scope.table.and_then(|table| self.fault_in(entries, table)),
                },
                Selector::Parenthesized(_) => ArgumentKind::Tuple,
                _ => match self.expression(inner, None, scope) {
                    Ok((_, ty)) if scope.table.is_none() && matches!(inner, Selector::Arithmetic { .. }) => {
                        ArgumentKind::Operation(ty)
                    }
                    Ok((expression, ty)) => {
                        prepared = Prepared::Done(expression);
                        ArgumentKind::Typed(ty)
                    }
                    // What has several types by itself may have one where it is wanted.
                    Err(_) if matches!(inner, Selector::Arithmetic { .. } | Selector::Negation(_)) => {
                        ArgumentKind::Open
                    }
                    Err(error) => return Err(error),
                },
            };
            let text = match (scope.table, as_term(selector)) {
                (None, Some(term)) => term.to_string(),
                _ => selector_text(selector),
            };
            let inferred = match kind {
                ArgumentKind::Typed(_)
                | ArgumentKind::Operation(_)
                | ArgumentKind::Literal(..)
                | ArgumentKind::Open => None,
                _ => self.type_by_itself(inner, scope),
            };
            all.push((Argument { text, kind, inferred }, prepared));
        }
        Ok(all)
    }

    fn call(
        &self,
        name: String,
        function: Signature,
        arguments: Vec<(Argument, Prepared<'_>)>,
        scope: &mut Scope<'_>,
    ) -> Result<Typed, QueryError> {
        let mut expressions = Vec::new();
        for ((_, prepared), ty) in arguments.into_iter().zip(&function.parameters) {
            expressions.push(match prepared {
                Prepared::Done(expression) => expression,
                Prepared::Open(selector) => self.expression(selector, Some(ty), scope)?.0,
            });
        }
        Ok(call(&name, function, expressions))
    }
}

/// What is selected of a collection.
#[derive(Clone, Copy)]
enum Part {
    Element,
    Slice,
}

/// An argument: prepared, or to be once its type is settled.
enum Prepared<'s> {
    Done(Expression),
    Open(&'s Selector),
}

fn call(name: &str, function: Signature, arguments: Vec<Expression>) -> Typed {
    let returns = function.returns.clone();
    let name = name.to_string();
    let call = Call {
        name,
        function,
        arguments,
    };
    (Expression::Call(call), returns)
}
