//! Hints: writes kept for a replica that was down, replayed when it is back.
