//! Base: virtual time, seeded randomness, identities, byte codecs and checksums.
//!
//! Knows nothing of databases: everything here would fit any simulated distributed system.
