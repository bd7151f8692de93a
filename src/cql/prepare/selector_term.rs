//! Selectors without columns are terms, and the other way round.

use crate::cql::ast::{Selector, Term};

/// Whether its type is the one that is asked for, whichever that is.
pub(super) fn is_literal(selector: &Selector) -> bool {
    match selector {
        Selector::Parenthesized(inner) => inner.len() > 1 || inner.iter().all(is_literal),
        Selector::Literal(_)
        | Selector::Null
        | Selector::Marker(_)
        | Selector::List(_)
        | Selector::Set(_)
        | Selector::MapOrUserType(_) => true,
        _ => false,
    }
}

/// The selector as a term, if it has no column in it.
pub(super) fn as_term(selector: &Selector) -> Option<Term> {
    let all = |selectors: &[Selector]| selectors.iter().map(as_term).collect::<Option<Vec<_>>>();
    let boxed = |selector: &Selector| as_term(selector).map(Box::new);
    Some(match selector {
        Selector::Literal(literal) => Term::Literal(literal.clone()),
        Selector::Null => Term::Null,
        Selector::Marker(marker) => Term::Marker(marker.clone()),
        Selector::List(elements) => Term::List(all(elements)?),
        Selector::Set(elements) => Term::Set(all(elements)?),
        Selector::Parenthesized(elements) => Term::Tuple(all(elements)?),
        Selector::MapOrUserType(entries) => {
            let names = entries.iter().map(|(name, value)| match name {
                Selector::Column(name) => Some((name.clone(), as_term(value)?)),
                _ => None,
            });
            match names.collect::<Option<Vec<_>>>() {
                Some(fields) if !fields.is_empty() => Term::UserType(fields),
                _ => {
                    let entry = |(key, value): &(Selector, Selector)| Some((as_term(key)?, as_term(value)?));
                    Term::Map(entries.iter().map(entry).collect::<Option<Vec<_>>>()?)
                }
            }
        }
        Selector::TypeHint { hint, selector } => Term::TypeHint {
            hint: hint.clone(),
            term: boxed(selector)?,
        },
        Selector::Cast { selector, to } => Term::Cast {
            term: boxed(selector)?,
            to: *to,
        },
        Selector::Function { name, arguments } => Term::Function {
            name: name.clone(),
            arguments: all(arguments)?,
        },
        Selector::Arithmetic { left, operator, right } => Term::Arithmetic {
            left: boxed(left)?,
            operator: *operator,
            right: boxed(right)?,
        },
        Selector::Negation(inner) => Term::Negation(boxed(inner)?),
        _ => return None,
    })
}

impl From<&Term> for Selector {
    fn from(term: &Term) -> Selector {
        let all = |terms: &[Term]| terms.iter().map(Selector::from).collect::<Vec<_>>();
        let boxed = |term: &Term| Box::new(Selector::from(term));
        match term {
            Term::Literal(literal) => Selector::Literal(literal.clone()),
            Term::Null => Selector::Null,
            Term::Marker(marker) => Selector::Marker(marker.clone()),
            Term::List(elements) => Selector::List(all(elements)),
            Term::Set(elements) => Selector::Set(all(elements)),
            Term::Tuple(elements) => Selector::Parenthesized(all(elements)),
            Term::Map(entries) => Selector::MapOrUserType(
                entries
                    .iter()
                    .map(|(key, value)| (Selector::from(key), Selector::from(value)))
                    .collect(),
            ),
            Term::UserType(fields) => Selector::MapOrUserType(
                fields
                    .iter()
                    .map(|(name, value)| (Selector::Column(name.clone()), Selector::from(value)))
                    .collect(),
            ),
            Term::Function { name, arguments } => Selector::Function {
                name: name.clone(),
                arguments: all(arguments),
            },
            Term::Cast { term, to } => Selector::Cast {
                selector: boxed(term),
                to: *to,
            },
            Term::TypeHint { hint, term } => Selector::TypeHint {
                hint: hint.clone(),
                selector: boxed(term),
            },
            Term::Arithmetic { left, operator, right } => Selector::Arithmetic {
                left: boxed(left),
                operator: *operator,
                right: boxed(right),
            },
            Term::Negation(term) => Selector::Negation(boxed(term)),
        }
    }
}
