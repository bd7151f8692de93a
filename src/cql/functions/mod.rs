//! Functions: native scalar functions, operators and aggregates, by name and types of arguments.
//!
//! Knows values and types only; a caller evaluates the arguments.

mod aggregate;
mod arithmetic;
mod cast;
mod collection;
mod conversion;
mod decimal_math;
mod factory;
mod json;
mod json_parser;
mod json_value;
mod mask;
mod math;
mod native;
mod number;
mod overload;
pub mod text;
mod time;
mod vector;

use bytes::Bytes;

use super::QueryError;
use super::ast::{ArithmeticOperator, QualifiedName};
use super::prepare::{Evaluation, UuidKind};
use crate::data::composite::compose_key;
use crate::data::{CqlType, Similarity, Value, token_of};

pub use aggregate::{Aggregate, State, is_aggregate};
pub use factory::common_type;
pub use json::{JsonDocument, to_json};
pub use number::is_numeric;
pub use overload::{Argument, ArgumentKind, Signature};

/// A function and its arguments, which are terms or expressions over a row.
#[derive(Clone, Debug)]
pub struct Call<A> {
    /// As messages have it.
    pub name: String,
    pub function: Signature,
    pub arguments: Vec<A>,
}

/// What a function does.
#[derive(Clone, Debug)]
pub enum Body {
    Now,
    Uuid,
    Moment(conversion::Conversion),
    /// The same bytes under another type.
    AsBlob,
    /// Bytes taken for a value, if they are one.
    FromBlob,
    Token,
    /// A moment as another type.
    Convert,
    BoundOfTimeuuids {
        greatest: bool,
    },
    Floor,
    Arithmetic(ArithmeticOperator),
    Negation,
    Cast,
    Json,
    Math(math::Function),
    Collection(collection::Function),
    Similarity(Similarity),
    Mask(mask::Mask),
    /// A JSON document as the type that is wanted.
    FromJson,
}

/// A function by its name, `None` if there is none, whose overloads may depend on the arguments and on the key of the table that is read.
pub fn resolve(
    name: &QualifiedName,
    arguments: &[Argument],
    receiver: Option<&CqlType>,
    key: &[CqlType],
) -> Result<Option<(String, Signature)>, QueryError> {
    if name.keyspace.as_deref().is_some_and(|keyspace| keyspace != "system") {
        return Ok(None);
    }
    let full = format!("system.{}", name.name);
    let Some(overloads) = native::overloads(&full, &name.name, arguments, receiver, key)? else {
        return Ok(None);
    };
    let signature = overload::choose(&full, &plain_name(name), overloads, arguments, receiver)?;
    Ok(Some((full, signature)))
}

/// The name without quotes, as messages have it.
pub fn plain_name(name: &QualifiedName) -> String {
    match &name.keyspace {
        Some(keyspace) => format!("{keyspace}.{}", name.name),
        None => name.name.clone(),
    }
}

/// The operation an operator stands for.
pub fn resolve_operation(
    operator: ArithmeticOperator,
    operands: &[Argument],
    receiver: Option<&CqlType>,
) -> Result<Signature, QueryError> {
    overload::choose_operation(
        &operator.to_string(),
        arithmetic::overloads(operator),
        operands,
        receiver,
    )
}

pub fn resolve_negation(operand: &Argument, receiver: Option<&CqlType>) -> Result<Signature, QueryError> {
    overload::choose_operation("-", arithmetic::negations(), core::slice::from_ref(operand), receiver)
}

/// The sum of two numbers, or two texts one after the other, both of this type.
pub fn add(ty: &CqlType, left: &Bytes, right: &Bytes) -> Result<Option<Bytes>, QueryError> {
    arithmetic::run(ArithmeticOperator::Plus, &[ty.clone(), ty.clone()], ty, left, right)
}

/// The cast of an argument to a type; `None` if nothing is cast to it.
pub fn cast(argument: &Argument, to: &CqlType) -> Result<Option<Signature>, QueryError> {
    let overloads = cast::overloads(to);
    if overloads.is_empty() {
        return Ok(None);
    }
    let name = format!("system.cast_as_{to}");
    overload::choose(&name, &name, overloads, core::slice::from_ref(argument), None).map(Some)
}

impl<A> Call<A> {
    pub fn run(&self, arguments: &[Option<Bytes>], at: &mut Evaluation<'_>) -> Result<Option<Bytes>, QueryError> {
        let function = &self.function;
        match &function.body {
            Body::Now => return Ok(Some(Bytes::copy_from_slice((at.uuids)(UuidKind::Time).as_bytes()))),
            Body::Uuid => return Ok(Some(Bytes::copy_from_slice((at.uuids)(UuidKind::Random).as_bytes()))),
            Body::Moment(moment) => return Ok(Some(moment.run(at))),
            Body::Mask(mask) => return mask.run(&self.name, &function.parameters[0], arguments),
            Body::Json => {
                let [Some(value)] = arguments else {
                    return Ok(Some(Bytes::from_static(b"null")));
                };
                let ty = &function.parameters[0];
                return Ok(Some(Bytes::from(text::json(ty, &ty.decode(value)?))));
            }
            _ => {}
        }
        // Of nothing comes nothing.
        let Some(values) = arguments.iter().cloned().collect::<Option<Vec<Bytes>>>() else {
            return Ok(None);
        };
        self.run_on(&values)
    }

    fn run_on(&self, values: &[Bytes]) -> Result<Option<Bytes>, QueryError> {
        let Signature {
            parameters,
            returns,
            body,
        } = &self.function;
        let (Some(first), Some(ty)) = (values.first(), parameters.first()) else {
            return Ok(None);
        };
        let is_empty = first.is_empty() && !ty.empty_is_a_value();
        Ok(match body {
            Body::AsBlob => Some(first.clone()),
            Body::FromBlob => {
                returns.validate(first).map_err(|_| self.not_a_value(first))?;
                Some(first.clone())
            }
            Body::Token => {
                let key = match values {
                    [single] => single.clone(),
                    several => compose_key(several),
                };
                Some(Bytes::copy_from_slice(&token_of(&key).0.to_be_bytes()))
            }
            Body::FromJson => json::from_json(returns, first)?,
            _ if is_empty => None,
            Body::Convert => Some(conversion::between(ty, returns, first)?),
            Body::BoundOfTimeuuids { greatest } => {
                let millis = conversion::millis_of(ty, first)?;
                let uuid = conversion::bound_of_timeuuids(millis, *greatest);
                Some(Bytes::copy_from_slice(uuid.as_bytes()))
            }
            Body::Floor => self.floor(values)?,
            Body::Arithmetic(operator) => match values {
                [left, right] => arithmetic::run(*operator, parameters, returns, left, right)?,
                _ => None,
            },
            Body::Negation => arithmetic::negate(ty, first)?,
            Body::Cast => cast::run(ty, returns, first)?,
            Body::Math(function) => function.run(ty, first)?,
            Body::Collection(function) => function.run(ty, first)?,
            Body::Similarity(similarity) => match values {
                [a, b] => vector::run(*similarity, &self.name, a, b)?,
                _ => None,
            },
            Body::Now | Body::Uuid | Body::Moment(_) | Body::Mask(_) | Body::Json => None,
        })
    }

    fn not_a_value(&self, bytes: &Bytes) -> QueryError {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        QueryError::invalid(format!(
            "In call to function {}, value 0x{digits} is not a valid binary representation for type {}",
            self.name, self.function.returns
        ))
    }

    fn floor(&self, values: &[Bytes]) -> Result<Option<Bytes>, QueryError> {
        let parameters = &self.function.parameters;
        let (Some(moment), Some(length)) = (values.first(), values.get(1)) else {
            return Ok(None);
        };
        let Value::Duration(length) = CqlType::Duration.decode(length)? else {
            return Ok(None);
        };
        let start = values.get(2).zip(parameters.get(2)).map(|(bytes, ty)| ty.decode(bytes));
        let floored = match (parameters[0].decode(moment)?, start.transpose()?) {
            (Value::Time(nanos), _) => time::floor_time(nanos, length).map(Value::Time),
            (Value::Date(day), Some(Value::Date(start))) => time::floor_date(day, length, start).map(Value::Date),
            (Value::Date(day), _) => time::floor_date(day, length, 0).map(Value::Date),
            (_, start) => {
                let start = match start {
                    Some(Value::Timestamp(start)) => start,
                    _ => 0,
                };
                time::floor(conversion::millis_of(&parameters[0], moment)?, length, start).map(Value::Timestamp)
            }
        };
        floored.map(|value| Some(value.encode())).map_err(QueryError::invalid)
    }
}
