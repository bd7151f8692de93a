//! `similarity_cosine` and its like: how alike two vectors of floats are.

use bytes::Bytes;

use crate::cql::QueryError;
use crate::data::{Similarity, floats};

/// The measure that a function of this name computes.
pub fn similarity_named(name: &str) -> Option<Similarity> {
    name.strip_prefix("similarity_").and_then(Similarity::named)
}

pub fn run(similarity: Similarity, name: &str, a: &Bytes, b: &Bytes) -> Result<Option<Bytes>, QueryError> {
    let (a, b) = (floats(a), floats(b));
    let is_zero = |vector: &[f32]| vector.iter().all(|it| *it == 0.0);
    if similarity == Similarity::Cosine && (is_zero(&a) || is_zero(&b)) {
        return Err(QueryError::invalid(format!(
            "Function {name} doesn't support all-zero vectors."
        )));
    }
    Ok(Some(Bytes::copy_from_slice(&similarity.of(&a, &b).to_be_bytes())))
}
