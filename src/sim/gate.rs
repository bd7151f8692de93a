//! The fixed workloads whose history hashes must be the same natively, in one wasm thread, and across workers.
