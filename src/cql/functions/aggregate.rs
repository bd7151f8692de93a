//! Aggregates: what a group of rows has together.
//!
//! Source of the rules: Cassandra 5.0, `cql3/functions/AggregateFcts`.

use bytes::Bytes;
use num_bigint::BigInt;

use super::Body;
use super::arithmetic::divide_at;
use super::number::{NUMERIC, convert, is_numeric, rescaled, to_big, to_decimal, to_double};
use super::overload::{self, Argument, ArgumentKind, Signature};
use crate::cql::QueryError;
use crate::data::{CqlType, Decimal, Value};

/// An aggregate whose argument's type is known.
#[derive(Clone, Debug)]
pub struct Aggregate(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Count,
    Least(CqlType),
    Greatest(CqlType),
    Sum(CqlType),
    Average(CqlType),
}

/// What an aggregate has seen so far.
#[derive(Clone, Debug)]
pub struct State {
    kind: Kind,
    count: i64,
    value: Option<Bytes>,
    total: Total,
}

#[derive(Clone, Debug)]
enum Total {
    Whole(BigInt),
    /// The sum, and what rounding took from it (Kahan's compensation).
    Floating {
        sum: f64,
        compensation: f64,
        plain: f64,
    },
    Decimal(Decimal),
}

pub fn is_aggregate(name: &str) -> bool {
    matches!(name, "count" | "min" | "max" | "sum" | "avg")
}

impl Aggregate {
    /// `count(*)`, or with an argument the rows in which it is not null.
    pub fn count() -> Aggregate {
        Aggregate(Kind::Count)
    }

    /// The aggregate of this name, and the type of its result.
    pub fn named(name: &str, types: &[CqlType]) -> Result<(Aggregate, CqlType), QueryError> {
        let [ty] = types else {
            return Err(QueryError::invalid(match name {
                "count" => format!(
                    "Invalid number of arguments in call to function system.count: 1 required but {} provided",
                    types.len()
                ),
                _ => format!("Invalid number of arguments for function system.{name}(any)"),
            }));
        };
        let (kind, returns) = match name {
            "count" => (Kind::Count, CqlType::Bigint),
            "min" => (Kind::Least(ty.clone()), ty.clone()),
            "max" => (Kind::Greatest(ty.clone()), ty.clone()),
            "sum" if is_numeric(ty) => (Kind::Sum(ty.clone()), ty.clone()),
            "avg" if is_numeric(ty) => (Kind::Average(ty.clone()), ty.clone()),
            _ => {
                let argument = Argument {
                    text: String::new(),
                    kind: ArgumentKind::Typed(ty.clone()),
                    inferred: None,
                };
                let overload = |ty: CqlType| Signature::new(vec![ty.clone()], ty, Body::Negation);
                let overloads = NUMERIC.into_iter().map(overload).collect();
                let chosen = overload::choose(name, name, overloads, &[argument], None)?;
                return Aggregate::named(name, &chosen.parameters);
            }
        };
        Ok((Aggregate(kind), returns))
    }

    pub fn start(&self) -> State {
        let total = match &self.0 {
            Kind::Sum(ty) | Kind::Average(ty) => match ty {
                CqlType::Float | CqlType::Double => Total::Floating {
                    sum: 0.0,
                    compensation: 0.0,
                    plain: 0.0,
                },
                CqlType::Decimal => Total::Decimal(Decimal {
                    unscaled: BigInt::from(0),
                    scale: 0,
                }),
                _ => Total::Whole(BigInt::from(0)),
            },
            _ => Total::Whole(BigInt::from(0)),
        };
        State {
            kind: self.0.clone(),
            count: 0,
            value: None,
            total,
        }
    }
}

fn of_sum(ty: &CqlType) -> CqlType {
    match ty {
        CqlType::Counter => CqlType::Bigint,
        other => other.clone(),
    }
}

impl State {
    pub fn add(&mut self, value: Option<Bytes>) -> Result<(), QueryError> {
        let Some(value) = value else { return Ok(()) };
        match &self.kind {
            Kind::Count => self.count += 1,
            Kind::Least(ty) => {
                let is_less = |least: &Bytes| ty.compare(&value, least).is_lt();
                if self.value.as_ref().is_none_or(is_less) {
                    self.value = Some(value);
                }
            }
            Kind::Greatest(ty) => {
                let is_greater = |greatest: &Bytes| ty.compare(&value, greatest).is_gt();
                if self.value.as_ref().is_none_or(is_greater) {
                    self.value = Some(value);
                }
            }
            Kind::Sum(ty) | Kind::Average(ty) => {
                let number = ty.decode(&value)?;
                if number != Value::Empty {
                    self.count += 1;
                    self.total.add(&number);
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Option<Bytes> {
        match &self.kind {
            Kind::Count => Some(Bytes::copy_from_slice(&self.count.to_be_bytes())),
            Kind::Least(_) | Kind::Greatest(_) => self.value,
            Kind::Sum(ty) => self.total.value(1, ty).map(|it| it.encode()),
            Kind::Average(ty) => self.total.value(self.count.max(1), ty).map(|it| it.encode()),
        }
    }
}

impl Total {
    fn add(&mut self, number: &Value) {
        match self {
            Total::Whole(total) => *total += to_big(number).unwrap_or_default(),
            Total::Floating {
                sum,
                compensation,
                plain,
            } => {
                let number = to_double(number).unwrap_or(f64::NAN);
                *plain += number;
                let corrected = number - *compensation;
                let next = *sum + corrected;
                *compensation = (next - *sum) - corrected;
                *sum = next;
            }
            Total::Decimal(total) => {
                let Some(number) = to_decimal(number) else { return };
                let scale = total.scale.max(number.scale);
                if let (Some(a), Some(b)) = (rescaled(total, scale), rescaled(&number, scale)) {
                    *total = Decimal { unscaled: a + b, scale };
                }
            }
        }
    }

    /// The total divided by a count, as the type of the aggregate's argument.
    fn value(&self, count: i64, ty: &CqlType) -> Option<Value> {
        match self {
            Total::Whole(total) => convert(&Value::Varint(total / count), &of_sum(ty)),
            Total::Floating { sum, plain, .. } => {
                // What is no number, or infinite, is lost in the compensation.
                let total = if sum.is_finite() { *sum } else { *plain };
                convert(&Value::Double(total / count as f64), ty)
            }
            Total::Decimal(total) if count == 1 => Some(Value::Decimal(total.clone())),
            Total::Decimal(total) => {
                let count = Decimal {
                    unscaled: BigInt::from(count),
                    scale: 0,
                };
                half_even(total, &count).map(Value::Decimal)
            }
        }
    }
}

/// The quotient at the dividend's scale; a half goes to the even neighbour.
fn half_even(total: &Decimal, count: &Decimal) -> Option<Decimal> {
    let up = divide_at(total, count, total.scale).ok()?;
    let twice = Decimal {
        unscaled: &total.unscaled * 2,
        scale: total.scale,
    };
    let is_half =
        &twice.unscaled % &count.unscaled == BigInt::from(0) && &total.unscaled % &count.unscaled != BigInt::from(0);
    let is_odd = &up.unscaled % 2 != BigInt::from(0);
    let away = if up.unscaled.sign() == num_bigint::Sign::Minus {
        -1
    } else {
        1
    };
    Some(match is_half && is_odd {
        true => Decimal {
            unscaled: &up.unscaled - away,
            scale: up.scale,
        },
        false => up,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, ty: CqlType, values: &[Value]) -> Value {
        let (aggregate, returns) = Aggregate::named(name, &[ty]).unwrap();
        let mut state = aggregate.start();
        for value in values {
            state.add(Some(value.encode())).unwrap();
        }
        returns.decode(&state.finish().unwrap()).unwrap()
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(Decimal::parse(text).unwrap())
    }

    #[test]
    fn sums_wrap_and_averages_do_not() {
        let values = [Value::Tinyint(100), Value::Tinyint(100), Value::Tinyint(1)];
        assert_eq!(run("sum", CqlType::Tinyint, &values), Value::Tinyint(-55));
        assert_eq!(run("avg", CqlType::Tinyint, &values), Value::Tinyint(67));
        assert_eq!(run("avg", CqlType::Int, &[]), Value::Int(0));
    }

    #[test]
    fn averages_of_decimals_round_to_the_even_neighbour() {
        let values = ["2.50", "7.25", "2.75", "20.00"].map(decimal);
        assert_eq!(run("avg", CqlType::Decimal, &values), decimal("8.12"));
        assert_eq!(run("sum", CqlType::Decimal, &values), decimal("32.50"));
    }
}
