//! Simulation: the scheduler that owns virtual time, the network model, faulty disks, workloads, history hash and checkers.
