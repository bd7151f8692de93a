//! SSTables: a table's data in files that never change, in Cassandra's format `nb`.
//!
//! Knows the format of every component and what the bytes of keys, rows and deletions are. Does not know when an SSTable is written,
//! which of them are merged, nor what a read wants of them (the engine does). Each file is as Cassandra's own, so that its tools read
//! what is written here and the other way round; besides `nb`, versions `na` and `da` are
//! read; of `da`, whose indexes are tries, the data alone, from one end to the other when it is opened.
//!
//! An SSTable is written by [`SstableWriter`], partition by partition, and found by [`SstableReader`], which keeps in memory what has to be
//! there: the bloom filter, a summary of the index, the offsets of the chunks. Both are handed the disk with each call.

pub mod annotate;
pub mod archive;
mod bloom;
mod cardinality;
mod clustering;
mod collector;
mod compression_info;
mod compressor;
#[cfg(test)]
mod damage;
mod data_file;
mod data_writer;
mod descriptor;
#[cfg(test)]
mod golden;
mod header;
mod histogram;
mod index;
mod info;
mod input;
mod output;
mod partition;
mod partition_index;
#[cfg(test)]
mod properties;
mod reader;
mod shape;
mod statistics;
mod summary;
mod table;
mod trailer;
mod unfiltered;
mod verify;
mod writer;

pub use cardinality::Cardinality;
pub use descriptor::{Component, Descriptor, SstableId, Version};
pub use header::{EncodingStats, SerializationHeader};
pub use histogram::{EstimatedHistogram, TombstoneHistogram};
pub use index::IndexEntry;
pub use info::SstableInfo;
pub use partition::{SstablePartition, Unfiltereds};
pub use reader::{Scanner, SstableReader, SstableSource};
pub use statistics::{CoveredClustering, Statistics, StatsMetadata};
pub use unfiltered::{Marker, Unfiltered};
pub use writer::{SstableWriter, WriteOptions};
