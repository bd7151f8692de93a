//! Judges a run by what its clients saw: no acknowledged write is lost, conditional updates are linearizable, replicas converge.
