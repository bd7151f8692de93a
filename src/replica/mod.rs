//! Replica: answers what a coordinator asks of this node's own storage.
