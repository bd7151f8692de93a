//! Events: the vocabulary of what can be observed in a run, and Cassandra's trace wording for it.
//!
//! No logic. Everything that shows, measures or checks a run reads these; nothing here looks inside a node.
