//! How alike two vectors of floats are.
//!
//! Source of the formulas: Cassandra 5.0, `cql3/functions/VectorFcts` and SAI, which both ask the jvector library.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Similarity {
    Cosine,
    Euclidean,
    DotProduct,
}

impl Similarity {
    /// By the name that an index's option `similarity_function` has.
    pub fn named(name: &str) -> Option<Similarity> {
        Some(match name {
            "cosine" => Similarity::Cosine,
            "euclidean" => Similarity::Euclidean,
            "dot_product" => Similarity::DotProduct,
            _ => return None,
        })
    }

    /// From 0, unlike, to 1 and beyond. Both vectors must be of one length.
    pub fn of(self, a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        match self {
            Similarity::Cosine => {
                let cosine = f64::from(dot(a, b)) / (f64::from(dot(a, a)) * f64::from(dot(b, b))).sqrt();
                (1.0 + cosine as f32) / 2.0
            }
            Similarity::Euclidean => {
                let distance: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                1.0 / (1.0 + distance)
            }
            Similarity::DotProduct => (1.0 + dot(a, b)) / 2.0,
        }
    }
}

/// The elements of a `vector<float, n>` as it is written; bytes that are no such vector have fewer or none.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.as_chunks::<4>().0;
    chunks.iter().map(|it| f32::from_be_bytes(*it)).collect()
}
