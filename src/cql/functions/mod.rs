//! Functions: native scalar functions and aggregates, by name and types of arguments.
//!
//! Knows values and types only; a caller evaluates the arguments.

mod aggregate;
mod conversion;

use bytes::Bytes;

use super::QueryError;
use super::ast::{QualifiedName, Term};
use super::prepare::{Evaluation, PrepareContext, Receiver, TypedTerm, UuidKind, not_yet};
use crate::data::{CqlType, KeyspaceName};
use crate::schema::TableMetadata;

pub use aggregate::{Aggregate, State};

/// A scalar function and its arguments, which are terms or selectors.
#[derive(Clone, Debug)]
pub struct Call<A> {
    function: Scalar,
    pub arguments: Vec<A>,
}

/// A native function whose types are settled.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub returns: CqlType,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Now,
    Uuid,
    /// The same bytes under another type, checked if the new type is pickier.
    Reinterpret,
    Convert(conversion::Conversion),
}

impl<A> Call<A> {
    pub fn run(&self, arguments: &[Option<Bytes>], at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        match &self.function.body {
            Body::Now => Ok(Some(Bytes::copy_from_slice((at.uuids)(UuidKind::Time).as_bytes()))),
            Body::Uuid => Ok(Some(Bytes::copy_from_slice((at.uuids)(UuidKind::Random).as_bytes()))),
            Body::Reinterpret => {
                let Some(Some(value)) = arguments.first() else {
                    return Ok(None);
                };
                self.function.returns.validate(value)?;
                Ok(Some(value.clone()))
            }
            Body::Convert(conversion) => conversion.run(arguments.first().cloned().flatten(), at),
        }
    }
}

/// Whether a value of one type may stand where another is wanted.
pub fn is_assignable(from: &CqlType, to: &CqlType) -> bool {
    from == to
        || matches!(
            (from, to),
            (CqlType::Ascii, CqlType::Text) | (CqlType::Timeuuid, CqlType::Uuid)
        )
}

/// The function of this name for arguments of these types; `None` types are still open.
fn resolve(name: &QualifiedName, types: &[CqlType]) -> Result<Option<Scalar>, QueryError> {
    if name.keyspace.as_deref().is_some_and(|keyspace| keyspace != "system") {
        return Ok(None);
    }
    let plain: String = name
        .name
        .chars()
        .filter(|it| *it != '_')
        .collect::<String>()
        .to_ascii_lowercase();
    let scalar = |returns, body| Ok(Some(Scalar { returns, body }));
    match (plain.as_str(), types) {
        ("now" | "currenttimeuuid", []) => scalar(CqlType::Timeuuid, Body::Now),
        ("uuid", []) => scalar(CqlType::Uuid, Body::Uuid),
        (other, [argument]) => {
            if let Some(from) = other.strip_suffix("asblob").and_then(CqlType::native) {
                return match is_assignable(argument, &from) {
                    true => scalar(CqlType::Blob, Body::Reinterpret),
                    false => Ok(None),
                };
            }
            if let Some(to) = other.strip_prefix("blobas").and_then(CqlType::native) {
                return match *argument == CqlType::Blob {
                    true => scalar(to, Body::Reinterpret),
                    false => Ok(None),
                };
            }
            match conversion::Conversion::named(other, argument) {
                Some((conversion, returns)) => scalar(returns, Body::Convert(conversion)),
                None => Ok(None),
            }
        }
        _ => Ok(
            conversion::Conversion::of_now(&plain).map(|(conversion, returns)| Scalar {
                returns,
                body: Body::Convert(conversion),
            }),
        ),
    }
}

/// A function call where a term is wanted.
pub fn prepare_call(
    context: &PrepareContext<'_>,
    name: &QualifiedName,
    arguments: &[Term],
    receiver: &Receiver,
    keyspace: &KeyspaceName,
) -> Result<TypedTerm, QueryError> {
    let mut terms = Vec::new();
    let mut types = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let ty = argument_type(context, name, argument, keyspace)?;
        let receiver = Receiver {
            name: format!("arg{at}({})", name.name),
            ty: ty.clone(),
        };
        terms.push(context.term(argument, &receiver, keyspace)?);
        types.push(ty);
    }
    let unknown = || QueryError::invalid(format!("Unknown function '{name}'"));
    let function = resolve(name, &types)?.ok_or_else(unknown)?;
    if !is_assignable(&function.returns, &receiver.ty) {
        return Err(QueryError::invalid(format!(
            "Type error: cannot assign result of function system.{} (type {}) to {} (type {})",
            name.name, function.returns, receiver.name, receiver.ty
        )));
    }
    Ok(TypedTerm::Call(Call {
        function,
        arguments: terms,
    }))
}

/// The type an argument is taken to have: of a constant what the function wants, if that is clear by its name.
fn argument_type(
    context: &PrepareContext<'_>,
    name: &QualifiedName,
    argument: &Term,
    keyspace: &KeyspaceName,
) -> Result<CqlType, QueryError> {
    match argument {
        Term::Literal(literal) => {
            let plain = name.name.replace('_', "").to_ascii_lowercase();
            if let Some(ty) = plain.strip_suffix("asblob").and_then(CqlType::native) {
                return Ok(ty);
            }
            if plain.starts_with("blobas") {
                return Ok(CqlType::Blob);
            }
            Ok(literal.kind.preferred_type(&literal.text)?)
        }
        Term::TypeHint { hint, .. } => context.resolve_type(hint, keyspace),
        Term::Function { name, arguments } => {
            let types = arguments
                .iter()
                .map(|it| argument_type(context, name, it, keyspace))
                .collect::<Result<Vec<_>, _>>()?;
            let unknown = || QueryError::invalid(format!("Unknown function '{name}'"));
            Ok(resolve(name, &types)?.ok_or_else(unknown)?.returns)
        }
        _ => Err(not_yet("This kind of argument")),
    }
}

/// `CAST`, arithmetic and negation where a term is wanted.
pub fn prepare_operation(
    _context: &PrepareContext<'_>,
    _term: &Term,
    _receiver: &Receiver,
    _keyspace: &KeyspaceName,
) -> Result<TypedTerm, QueryError> {
    Err(not_yet("Arithmetic and CAST"))
}

use super::prepare::Expression;

/// A function call in a selection.
pub fn prepare_selector(
    name: &QualifiedName,
    arguments: Vec<Expression>,
    types: &[CqlType],
    _table: &TableMetadata,
) -> Result<(Expression, CqlType), QueryError> {
    if let Some((aggregate, returns)) = Aggregate::named(&name.name, types) {
        let argument = arguments.into_iter().next().map(Box::new);
        return Ok((Expression::Aggregate(aggregate, argument), returns));
    }
    let unknown = || QueryError::invalid(format!("Unknown function '{name}'"));
    let function = resolve(name, types)?.ok_or_else(unknown)?;
    let returns = function.returns.clone();
    Ok((Expression::Call(Call { function, arguments }), returns))
}
