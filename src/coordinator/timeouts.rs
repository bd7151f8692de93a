//! How long a coordinator waits. Cassandra's defaults, by their names in cassandra.yaml.

use crate::base::Duration;

/// cassandra.yaml `read_request_timeout`, 5 s.
pub const READ_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// cassandra.yaml `range_request_timeout`, 10 s.
pub const RANGE_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// cassandra.yaml `write_request_timeout`, 2 s.
pub const WRITE_REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// cassandra.yaml `counter_write_request_timeout`, 5 s.
pub const COUNTER_WRITE_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// cassandra.yaml `cas_contention_timeout`, 1800 ms: no new Paxos round is begun after this.
pub const CAS_CONTENTION_TIMEOUT: Duration = Duration::from_millis(1800);

/// cassandra.yaml `truncate_request_timeout`, 60 s.
pub const TRUNCATE_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
