//! Which of several functions of one name is meant: by how well the arguments fit, and what the result is for.
//!
//! Source of the rules and texts: Cassandra 5.0, `cql3/functions/FunctionResolver`.

use super::Body;
use super::number::is_numeric;
use crate::cql::QueryError;
use crate::data::types::Assignment;
use crate::data::{CqlType, LiteralKind};

/// What is known of an argument before it is given a type.
#[derive(Clone, Debug)]
pub struct Argument {
    /// As messages repeat it.
    pub text: String,
    pub kind: ArgumentKind,
    /// For a literal of several values: the type it has by itself, if it has one.
    pub inferred: Option<CqlType>,
}

#[derive(Clone, Debug)]
pub enum ArgumentKind {
    Typed(CqlType),
    Literal(LiteralKind, String),
    /// `[a, b]`
    List(usize),
    /// `{a, b}`
    Set {
        is_empty: bool,
    },
    /// `{a: b}`; `fault`: what is wrong with its entries, said once it is held against anything but a user type.
    Map {
        fault: Option<QueryError>,
    },
    Tuple,
    /// An operation: of this type by itself, and of another number's where that is wanted.
    Operation(CqlType),
    /// Null, or an expression whose type depends on what is wanted of it.
    Open,
}

impl Argument {
    fn fits(&self, wanted: &CqlType) -> Assignment {
        let weak_if = |fits| if fits { Assignment::Weak } else { Assignment::No };
        match &self.kind {
            ArgumentKind::Typed(ty) => wanted.assignment_from(ty),
            ArgumentKind::Literal(kind, text) => wanted.literal_assignment(*kind, text),
            ArgumentKind::List(length) => weak_if(match wanted {
                CqlType::List { .. } => true,
                CqlType::Vector { dimension, .. } => *dimension as usize == *length,
                _ => false,
            }),
            ArgumentKind::Set { is_empty } => {
                weak_if(matches!(wanted, CqlType::Set { .. }) || *is_empty && matches!(wanted, CqlType::Map { .. }))
            }
            ArgumentKind::Map { .. } => weak_if(matches!(wanted, CqlType::Map { .. } | CqlType::UserType(_))),
            ArgumentKind::Tuple => weak_if(matches!(wanted, CqlType::Tuple(_))),
            ArgumentKind::Operation(ty) => match wanted.assignment_from(ty) {
                Assignment::No => weak_if(is_numeric(ty) && is_numeric(wanted)),
                fits => fits,
            },
            ArgumentKind::Open => Assignment::Weak,
        }
    }
}

/// A function with its types.
#[derive(Clone, Debug)]
pub struct Signature {
    pub parameters: Vec<CqlType>,
    pub returns: CqlType,
    pub body: Body,
}

impl Signature {
    pub fn new(parameters: Vec<CqlType>, returns: CqlType, body: Body) -> Signature {
        Signature {
            parameters,
            returns,
            body,
        }
    }

    fn fits(&self, arguments: &[Argument]) -> Assignment {
        if arguments.len() != self.parameters.len() {
            return Assignment::No;
        }
        let fits = arguments
            .iter()
            .zip(&self.parameters)
            .map(|(argument, ty)| argument.fits(ty));
        fits.min().unwrap_or(Assignment::Exact)
    }

    fn returns_for(&self, receiver: Option<&CqlType>) -> bool {
        receiver.is_none_or(|ty| ty.assignment_from(&self.returns) != Assignment::No)
    }
}

/// The function of `name` among its overloads; `written` is how the statement calls it.
pub fn choose(
    name: &str,
    written: &str,
    overloads: Vec<Signature>,
    arguments: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Signature, QueryError> {
    look_into_maps(&overloads, arguments)?;
    if let [only] = overloads.as_slice() {
        check(name, only, arguments)?;
        return Ok(only.clone());
    }
    let signatures: Vec<String> = overloads.iter().map(|it| signature_text(name, it)).collect();
    match best(overloads, arguments, receiver) {
        Choice::One(signature) => Ok(signature),
        Choice::None => Err(QueryError::invalid(format!(
            "Invalid call to function {written}, none of its type signatures match (known type signatures: {})",
            signatures.join(", ")
        ))),
        Choice::Several(several) => {
            let several: Vec<String> = several.iter().map(|it| signature_text(name, it)).collect();
            Err(QueryError::invalid(format!(
                "Ambiguous call to function {written} (can be matched by following signatures: {}): use type casts to disambiguate",
                several.join(", ")
            )))
        }
    }
}

/// The operation that an operator stands for between these operands.
pub fn choose_operation(
    operator: &str,
    overloads: Vec<Signature>,
    operands: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Signature, QueryError> {
    let (left, right) = match operands {
        [left, right] => (&left.text, &right.text),
        [only] => (&only.text, &only.text),
        _ => {
            return Err(QueryError::Server(format!(
                "an operation {operator} of {} operands",
                operands.len()
            )));
        }
    };
    if operands.len() == 1 {
        return choose_negation(overloads, operands, receiver);
    }
    look_into_maps(&overloads, operands)?;
    match best(overloads, operands, receiver) {
        Choice::One(signature) => Ok(signature),
        Choice::None => Err(QueryError::invalid(format!(
            "the '{operator}' operation is not supported between {left} and {right}"
        ))),
        Choice::Several(several) => {
            let of_receiver = |it: &Signature| it.parameters.iter().all(|ty| Some(ty) == receiver);
            several.into_iter().find(of_receiver).ok_or_else(|| {
                QueryError::invalid(format!(
                    "Ambiguous '{operator}' operation with args {left} and {right}: use type hint to disambiguate, \
                     example '(int) ?'"
                ))
            })
        }
    }
}

/// To Cassandra a negation is a function, and its errors say so.
fn choose_negation(
    overloads: Vec<Signature>,
    operands: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Signature, QueryError> {
    const NAME: &str = "system.\"_negate\"";
    let of_receiver = |it: &Signature| it.parameters.iter().all(|ty| Some(ty) == receiver);
    match best(overloads.clone(), operands, receiver) {
        Choice::Several(several) => several
            .into_iter()
            .find(of_receiver)
            .ok_or_else(|| QueryError::invalid("Ambiguous negation: use type casts to disambiguate")),
        Choice::One(signature) => Ok(signature),
        Choice::None => choose(NAME, "system._negate", overloads, operands, receiver),
    }
}

enum Choice {
    None,
    One(Signature),
    Several(Vec<Signature>),
}

fn best(overloads: Vec<Signature>, arguments: &[Argument], receiver: Option<&CqlType>) -> Choice {
    let mut fitting = Vec::new();
    for signature in overloads.into_iter().filter(|it| it.returns_for(receiver)) {
        match signature.fits(arguments) {
            Assignment::Exact => return Choice::One(signature),
            Assignment::Weak => fitting.push(signature),
            Assignment::No => {}
        }
    }
    match fitting.len() {
        0 => Choice::None,
        1 => fitting.pop().map_or(Choice::None, Choice::One),
        _ => Choice::Several(fitting),
    }
}

/// A map's entries are looked at when a function that all arguments before it fit is tried, unless it wants a user type there.
fn look_into_maps(overloads: &[Signature], arguments: &[Argument]) -> Result<(), QueryError> {
    for (at, argument) in arguments.iter().enumerate() {
        let ArgumentKind::Map { fault: Some(fault) } = &argument.kind else {
            continue;
        };
        let tries = |it: &Signature| {
            let mut before = arguments.iter().zip(&it.parameters).take(at);
            it.parameters.len() == arguments.len()
                && !matches!(it.parameters[at], CqlType::UserType(_))
                && before.all(|(argument, ty)| argument.fits(ty) != Assignment::No)
        };
        if overloads.iter().any(tries) {
            return Err(fault.clone());
        }
    }
    Ok(())
}

fn check(name: &str, function: &Signature, arguments: &[Argument]) -> Result<(), QueryError> {
    if arguments.len() != function.parameters.len() {
        return Err(QueryError::invalid(format!(
            "Invalid number of arguments in call to function {name}: {} required but {} provided",
            function.parameters.len(),
            arguments.len()
        )));
    }
    for (at, (argument, ty)) in arguments.iter().zip(&function.parameters).enumerate() {
        if argument.fits(ty) == Assignment::No {
            return Err(QueryError::invalid(format!(
                "Type error: {} cannot be passed as argument {at} of function {name} of type {ty}",
                argument.text
            )));
        }
    }
    Ok(())
}

fn signature_text(name: &str, function: &Signature) -> String {
    let keyspace = if name.contains('.') { "" } else { "system." };
    let parameters: Vec<String> = function.parameters.iter().map(CqlType::to_string).collect();
    format!("{keyspace}{name} : ({}) -> {}", parameters.join(", "), function.returns)
}
