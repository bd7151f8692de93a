//! Coordinator: one operation a file, each from the client's request to its outcome across the replicas.
