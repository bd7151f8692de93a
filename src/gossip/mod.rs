//! Gossip: who is in the cluster and who is alive, by heartbeats exchanged in three messages and a phi-accrual detector.
