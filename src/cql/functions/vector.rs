//! How alike two vectors of floats are.
//!
//! Source of the formulas: Cassandra 5.0, `cql3/functions/VectorFcts`, which asks the jvector library.

use bytes::Bytes;

use crate::cql::QueryError;
use crate::data::{CqlType, Value};

#[derive(Clone, Copy, Debug)]
pub enum Similarity {
    Cosine,
    Euclidean,
    DotProduct,
}

impl Similarity {
    pub fn named(name: &str) -> Option<Similarity> {
        Some(match name {
            "similarity_cosine" => Similarity::Cosine,
            "similarity_euclidean" => Similarity::Euclidean,
            "similarity_dot_product" => Similarity::DotProduct,
            _ => return None,
        })
    }

    pub fn run(self, name: &str, ty: &CqlType, a: &Bytes, b: &Bytes) -> Result<Option<Bytes>, QueryError> {
        let (a, b) = (floats(ty, a)?, floats(ty, b)?);
        let is_zero = |vector: &[f32]| vector.iter().all(|it| *it == 0.0);
        if matches!(self, Similarity::Cosine) && (is_zero(&a) || is_zero(&b)) {
            return Err(QueryError::invalid(format!(
                "Function {name} doesn't support all-zero vectors."
            )));
        }
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let similarity = match self {
            Similarity::Cosine => {
                let cosine = f64::from(dot(&a, &b)) / (f64::from(dot(&a, &a)) * f64::from(dot(&b, &b))).sqrt();
                (1.0 + cosine as f32) / 2.0
            }
            Similarity::Euclidean => {
                let distance: f32 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
                1.0 / (1.0 + distance)
            }
            Similarity::DotProduct => (1.0 + dot(&a, &b)) / 2.0,
        };
        Ok(Some(Bytes::copy_from_slice(&similarity.to_be_bytes())))
    }
}

fn floats(ty: &CqlType, bytes: &Bytes) -> Result<Vec<f32>, QueryError> {
    let float = |value| match value {
        Value::Float(it) => it,
        _ => 0.0,
    };
    Ok(match ty.decode(bytes)? {
        Value::Vector(items) => items.into_iter().map(float).collect(),
        _ => Vec::new(),
    })
}
