//! One seed, one run: a cluster, a workload, faults, and the verdict of the checkers.
