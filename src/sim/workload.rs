//! What clients ask of a cluster under test: seeded statements over virtual time, and how each of them ended.
