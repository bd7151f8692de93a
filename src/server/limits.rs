//! What one connection may ask for.

/// Limits of a connection. What goes beyond is answered with an error, not with silence.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `native_transport_max_frame_size`.
    pub frame_bytes: usize,
    /// Requests without an answer yet. The stream ids of the protocol end at as many.
    pub streams: usize,
    /// Bytes of those requests. Cassandra: `native_transport_max_request_data_in_flight_per_ip`, a fortieth of its heap.
    pub in_flight_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame_bytes: 16 << 20,
            streams: 1 << 15,
            in_flight_bytes: 64 << 20,
        }
    }
}
