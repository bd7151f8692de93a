//! Storage: what stands between a mutation and bytes on a disk: commit log, memtables, and the seam for SSTables.
//!
//! Knows one node's disk through the `Disk` port. Does not know of other nodes, of CQL, or of who asked.
