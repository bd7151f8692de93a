//! Messages: the envelope nodes exchange and its payloads, one file a subsystem.
//!
//! Knows what is said, never what is done about it: no handler is named here.
