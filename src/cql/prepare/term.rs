//! Terms: from what was written to values of the type that is wanted.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/Constants`, `Lists`, `Sets`, `Maps`, `Tuples`, `UserTypes`, `Vectors`.

use bytes::Bytes;

use super::expression::{Expression, NoRow, Scope};
use super::json_column::JsonColumn;
use super::marker::{self, Slot};
use super::{Evaluation, PrepareContext};
use crate::base::Arrange;
use crate::cql::QueryError;
use crate::cql::ast::{Literal, Term};
use crate::data::types::Assignment;
use crate::data::types::layout::{join_collection, join_tuple, join_vector};
use crate::data::{CqlType, KeyspaceName, MarshalError};

/// What a value is for: errors name it.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub name: String,
    pub ty: CqlType,
}

/// A term whose type is settled. What depends on the moment (`now()`) or on a marker is still open.
#[derive(Clone, Debug)]
pub enum TypedTerm {
    Constant(Bytes),
    Null,
    /// Known to be wrong, and told when it is wanted: whatever is wrong with the statement itself comes first.
    Fault(Box<QueryError>),
    List {
        elements: Vec<TypedTerm>,
    },
    Set {
        ty: CqlType,
        elements: Vec<TypedTerm>,
    },
    Map {
        key: CqlType,
        entries: Vec<(TypedTerm, TypedTerm)>,
    },
    Tuple {
        fields: Vec<TypedTerm>,
    },
    Vector {
        fixed_length: bool,
        elements: Vec<TypedTerm>,
    },
    /// A function, an operation or a cast.
    Computed(Box<Expression>),
    /// What comes for a marker.
    Marker(Slot),
    /// A column of a document that comes for a marker.
    Json(JsonColumn),
    /// A component of a tuple that comes for a marker.
    Component {
        of: Box<TypedTerm>,
        at: usize,
        count: usize,
    },
    /// Each element of the list that comes for a marker, or of these tuples the component: `IN ?`.
    Each {
        of: Box<TypedTerm>,
        component: Option<(usize, usize)>,
    },
}

impl From<MarshalError> for QueryError {
    fn from(error: MarshalError) -> QueryError {
        QueryError::invalid(error.to_string())
    }
}

impl PrepareContext<'_> {
    /// Gives a term the type of its receiver, or says why it cannot have it.
    pub fn term(&self, term: &Term, receiver: &Receiver, keyspace: &KeyspaceName) -> Result<TypedTerm, QueryError> {
        match term {
            Term::Null if receiver.ty == CqlType::Counter => Err(QueryError::invalid(
                "Invalid null value for counter increment/decrement",
            )),
            Term::Null => Ok(TypedTerm::Null),
            Term::Literal(literal) => constant(literal, receiver),
            Term::List(elements) => match &receiver.ty {
                CqlType::List { element, .. } => Ok(TypedTerm::List {
                    elements: self.elements(elements, "list", element, receiver, keyspace)?,
                }),
                CqlType::Vector { element, dimension } => {
                    if elements.len() != *dimension as usize {
                        return Err(QueryError::invalid(format!(
                            "Invalid vector literal for {} of type {}; expected {dimension} elements, but given {}",
                            receiver.name,
                            receiver.ty,
                            elements.len()
                        )));
                    }
                    let fixed_length = element.is_fixed_length();
                    let elements = self.elements(elements, "vector", element, receiver, keyspace)?;
                    Ok(TypedTerm::Vector { fixed_length, elements })
                }
                other => Err(QueryError::invalid(format!(
                    "Unexpected receiver type '{other}'; only list and vector are expected"
                ))),
            },
            Term::Set(elements) => match &receiver.ty {
                CqlType::Set { element, .. } => Ok(TypedTerm::Set {
                    ty: CqlType::clone(element),
                    elements: self.elements(elements, "set", element, receiver, keyspace)?,
                }),
                CqlType::Map { key, .. } if elements.is_empty() => Ok(TypedTerm::Map {
                    key: CqlType::clone(key),
                    entries: Vec::new(),
                }),
                _ => Err(wrong_literal("set", receiver)),
            },
            Term::Map(entries) => match &receiver.ty {
                CqlType::Map { key, value, .. } => {
                    let part = |name: &str, ty: &CqlType| Receiver {
                        name: format!("{name}({})", receiver.name),
                        ty: ty.clone(),
                    };
                    let (key_receiver, value_receiver) = (part("key", key), part("value", value));
                    let entry = |(key_term, value_term): &(Term, Term)| {
                        for (part, term, ty) in [("key", key_term, key), ("value", value_term, value)] {
                            if self.is_misfit(term, ty, keyspace) {
                                return Err(QueryError::invalid(format!(
                                    "Invalid map literal for {}: {part} {term} is not of type {ty}",
                                    receiver.name
                                )));
                            }
                        }
                        let key = self.term(key_term, &key_receiver, keyspace)?;
                        let value = self.term(value_term, &value_receiver, keyspace)?;
                        match (&key, &value) {
                            (TypedTerm::Null, _) | (_, TypedTerm::Null) => Err(null_inside()),
                            _ => Ok((key, value)),
                        }
                    };
                    let entries = entries.iter().map(entry).collect::<Result<_, QueryError>>()?;
                    Ok(TypedTerm::Map {
                        key: CqlType::clone(key),
                        entries,
                    })
                }
                _ => Err(wrong_literal("map", receiver)),
            },
            Term::UserType(fields) => self.user_type_term(fields, receiver, keyspace),
            Term::Tuple(elements) => match &receiver.ty {
                CqlType::Tuple(types) => {
                    if elements.len() > types.len() {
                        return Err(QueryError::invalid(format!(
                            "Invalid tuple literal for {}: too many elements. Type {} expects {} but got {}",
                            receiver.name,
                            receiver.ty,
                            types.len(),
                            elements.len()
                        )));
                    }
                    let field = |(at, (term, ty)): (usize, (&Term, &CqlType))| {
                        if self.is_misfit(term, ty, keyspace) {
                            return Err(QueryError::invalid(format!(
                                "Invalid tuple literal for {}: component {at} is not of type {ty}",
                                receiver.name
                            )));
                        }
                        let receiver = Receiver {
                            name: format!("{}[{at}]", receiver.name),
                            ty: ty.clone(),
                        };
                        self.term(term, &receiver, keyspace)
                    };
                    let fields = elements
                        .iter()
                        .zip(types.iter())
                        .enumerate()
                        .map(field)
                        .collect::<Result<_, _>>()?;
                    Ok(TypedTerm::Tuple { fields })
                }
                _ if elements.len() == 1 => self.term(&elements[0], receiver, keyspace),
                _ => Err(QueryError::invalid(format!(
                    "Invalid tuple type literal for {} of type {}",
                    receiver.name, receiver.ty
                ))),
            },
            Term::TypeHint { hint, term } => {
                let hinted = self.resolve_type(hint, keyspace)?;
                if receiver.ty.assignment_from(&hinted) == Assignment::No {
                    return Err(QueryError::invalid(format!(
                        "Cannot assign value ({hint}){term} to {} of type {}",
                        receiver.name, receiver.ty
                    )));
                }
                if self.is_misfit(term, &hinted, keyspace) {
                    let shown = match &hinted {
                        CqlType::UserType(it) => format!("{}.{}", it.keyspace, it.name),
                        other => other.to_string(),
                    };
                    return Err(QueryError::invalid(format!("Cannot cast value {term} to type {shown}")));
                }
                self.term(
                    term,
                    &Receiver {
                        name: receiver.name.clone(),
                        ty: hinted,
                    },
                    keyspace,
                )
            }
            Term::Marker(marker) => Ok(self.markers.record(marker, receiver)),
            Term::Function { .. } | Term::Cast { .. } | Term::Arithmetic { .. } | Term::Negation(_) => {
                self.computed(term, receiver, &mut Scope::of_terms(keyspace, None))
            }
        }
    }

    fn elements(
        &self,
        elements: &[Term],
        kind: &str,
        ty: &CqlType,
        around: &Receiver,
        keyspace: &KeyspaceName,
    ) -> Result<Vec<TypedTerm>, QueryError> {
        let receiver = Receiver {
            name: format!("value({})", around.name),
            ty: ty.clone(),
        };
        if let Some(term) = elements.iter().find(|term| self.is_misfit(term, ty, keyspace)) {
            return Err(QueryError::invalid(format!(
                "Invalid {kind} literal for {}: value {term} is not of type {ty}",
                around.name
            )));
        }
        let element = |term: &Term| match self.term(term, &receiver, keyspace) {
            Ok(TypedTerm::Null) if kind != "vector" => Err(null_inside()),
            other => other,
        };
        elements.iter().map(element).collect()
    }

    /// Whether the type does not take such a literal: a constant of another kind, or within it one that does not fit.
    pub(super) fn is_misfit(&self, term: &Term, ty: &CqlType, keyspace: &KeyspaceName) -> bool {
        let misfit = |term: &Term, ty: &CqlType| self.is_misfit(term, ty, keyspace);
        match (term, ty) {
            (Term::Literal(literal), ty) => !ty.accepts(literal.kind),
            (Term::List(elements), CqlType::List { element, .. })
            | (Term::Set(elements), CqlType::Set { element, .. }) => elements.iter().any(|it| misfit(it, element)),
            (Term::List(elements), CqlType::Vector { element, dimension }) => {
                elements.len() != *dimension as usize || elements.iter().any(|it| misfit(it, element))
            }
            (Term::Set(elements), CqlType::Map { .. }) => !elements.is_empty(),
            (Term::Map(entries), CqlType::Map { key, value, .. }) => {
                entries.iter().any(|(a, b)| misfit(a, key) || misfit(b, value))
            }
            (Term::UserType(fields), CqlType::UserType(user_type)) => {
                let ty = |name: &String| user_type.fields.iter().find(|(it, _)| it == name);
                let is_wrong = |(name, term): &(String, Term)| ty(name).is_some_and(|(_, ty)| misfit(term, ty));
                fields.iter().any(is_wrong)
            }
            (Term::Tuple(elements), CqlType::Tuple(types)) => {
                elements.iter().zip(types.iter()).any(|(term, ty)| misfit(term, ty))
            }
            (Term::Tuple(elements), ty) => elements.len() != 1 || misfit(&elements[0], ty),
            (Term::Set(_) | Term::Map(_) | Term::UserType(_), _) => true,
            // Brackets complain themselves where neither a list nor a vector is wanted.
            (Term::List(_), _) => false,
            (Term::TypeHint { hint, .. }, ty) => {
                let hinted = self.resolve_type(hint, keyspace);
                hinted.is_ok_and(|it| ty.assignment_from(&it) == Assignment::No)
            }
            _ => false,
        }
    }

    fn user_type_term(
        &self,
        fields: &[(String, Term)],
        receiver: &Receiver,
        keyspace: &KeyspaceName,
    ) -> Result<TypedTerm, QueryError> {
        let CqlType::UserType(user_type) = &receiver.ty else {
            return Err(QueryError::invalid(format!(
                "Invalid user type literal for {} of type {}",
                receiver.name, receiver.ty
            )));
        };
        let field = |(name, ty): &(String, CqlType)| match fields.iter().find(|(it, _)| it == name) {
            None => Ok(TypedTerm::Null),
            Some((_, term)) if self.is_misfit(term, ty, keyspace) => Err(QueryError::invalid(format!(
                "Invalid user type literal for {}: field {name} is not of type {ty}",
                receiver.name
            ))),
            Some((_, term)) => {
                let receiver = Receiver {
                    name: format!("{}.{name}", receiver.name),
                    ty: ty.clone(),
                };
                self.term(term, &receiver, keyspace)
            }
        };
        let known = user_type.fields.iter().map(field).collect::<Result<_, _>>()?;
        // Only then is it counted whether all that was given is known.
        let is_unknown = |name: &str| !user_type.fields.iter().any(|(it, _)| it == name);
        match fields.iter().find(|(name, _)| is_unknown(name)) {
            None => Ok(TypedTerm::Tuple { fields: known }),
            Some((unknown, _)) => Err(QueryError::invalid(format!(
                "Unknown field '{unknown}' in value of user defined type {}",
                user_type.name
            ))),
        }
    }
}

fn constant(literal: &Literal, receiver: &Receiver) -> Result<TypedTerm, QueryError> {
    if !receiver.ty.accepts(literal.kind) {
        return Err(QueryError::invalid(format!(
            "Invalid {} constant ({}) for \"{}\" of type {}",
            literal.kind, literal.text, receiver.name, receiver.ty
        )));
    }
    Ok(TypedTerm::Constant(
        receiver.ty.from_literal(literal.kind, &literal.text)?,
    ))
}

fn wrong_literal(kind: &str, receiver: &Receiver) -> QueryError {
    QueryError::invalid(format!(
        "Invalid {kind} literal for {} of type {}",
        receiver.name, receiver.ty
    ))
}

impl TypedTerm {
    /// The value at this moment; `None` is null.
    pub fn evaluate(&self, at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        Ok(Some(match self {
            TypedTerm::Null => return Ok(None),
            TypedTerm::Fault(fault) => return Err(QueryError::clone(fault)),
            TypedTerm::Constant(bytes) => bytes.clone(),
            TypedTerm::List { elements } => {
                let elements = self::values(elements, at)?;
                join_collection(elements.len(), elements.iter().map(|it| &**it))
            }
            TypedTerm::Set { ty, elements } => {
                let mut elements = self::values(elements, at)?;
                elements.arrange_by(|a, b| ty.compare(a, b));
                elements.dedup();
                join_collection(elements.len(), elements.iter().map(|it| &**it))
            }
            TypedTerm::Map { key, entries } => {
                let mut pairs = Vec::new();
                for (entry_key, value) in entries {
                    pairs.push((required(entry_key, at)?, required(value, at)?));
                }
                // Of two entries under one key the later one stays.
                pairs.reverse();
                pairs.arrange_by(|(a, _), (b, _)| key.compare(a, b));
                pairs.dedup_by(|(a, _), (b, _)| a == b);
                join_collection(pairs.len(), pairs.iter().flat_map(|(key, value)| [&**key, &**value]))
            }
            TypedTerm::Tuple { fields } => {
                let fields = fields.iter().map(|it| it.evaluate(at)).collect::<Result<Vec<_>, _>>()?;
                join_tuple(fields.iter().map(Option::as_deref))
            }
            TypedTerm::Vector { fixed_length, elements } => {
                let elements = elements
                    .iter()
                    .map(|it| it.evaluate(at))
                    .collect::<Result<Option<Vec<_>>, _>>()?;
                let elements = elements.ok_or_else(|| QueryError::invalid("null is not supported inside vectors"))?;
                join_vector(*fixed_length, elements.iter().map(|it| &**it))
            }
            TypedTerm::Computed(expression) => return expression.evaluate(&NoRow, at),
            TypedTerm::Marker(slot) => return slot.value(at),
            TypedTerm::Json(column) => return column.evaluate(at),
            TypedTerm::Component { of, at: place, count } => match of.evaluate(at)? {
                None => return Ok(None),
                Some(whole) => return marker::component(&whole, *place, *count),
            },
            TypedTerm::Each { .. } => return Err(QueryError::Server("a list of values where one is wanted".into())),
        }))
    }

    /// Whether the client said to leave alone what this is for.
    pub fn is_unset(&self, at: &Evaluation<'_>) -> bool {
        match self {
            TypedTerm::Marker(slot) => slot.is_unset(at),
            TypedTerm::Json(column) => column.is_unset(at),
            _ => false,
        }
    }

    /// Whether it may be several values.
    pub fn is_each(&self) -> bool {
        matches!(self, TypedTerm::Each { .. })
    }

    /// The values of a list that came for a marker, or the one value of any other term.
    pub fn evaluate_each(&self, at: &mut Evaluation<'_>) -> Result<Vec<Option<Bytes>>, QueryError> {
        let TypedTerm::Each { of, component } = self else {
            return Ok(vec![self.evaluate(at)?]);
        };
        let Some(whole) = of.evaluate(at)? else {
            return Ok(vec![None]);
        };
        let elements = marker::elements(&whole)?.into_iter();
        match *component {
            None => Ok(elements.map(Some).collect()),
            Some((place, count)) => elements.map(|it| marker::component(&it, place, count)).collect(),
        }
    }
}

fn values(terms: &[TypedTerm], at: &mut Evaluation<'_>) -> Result<Vec<Bytes>, QueryError> {
    terms.iter().map(|term| required(term, at)).collect()
}

fn required(term: &TypedTerm, at: &mut Evaluation<'_>) -> Result<Bytes, QueryError> {
    term.evaluate(at)?.ok_or_else(null_inside)
}

fn null_inside() -> QueryError {
    QueryError::invalid("null is not supported inside collections")
}
