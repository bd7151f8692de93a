//! Paxos: one decision per partition and ballot, behind conditional updates and SERIAL reads.
