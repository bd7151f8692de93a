//! What goes wrong in a campaign: crashes with torn disks, pauses, cuts and partitions, loss and latency; all healed at the end.
