//! Records cut into messages of the batch stream.

use std::collections::VecDeque;

use prost::Message;

use crate::proto;

/// The most records of one message, which is the service's limit.
pub(super) const MAX_RECORDS: usize = 500;
/// Half of the 4 MiB that a gRPC server takes unless told otherwise.
const MAX_BYTES: usize = 2 << 20;

/// Some records under one sequence number.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    /// Position of the first record in the whole batch, from 0.
    pub(super) first_position: u64,
    /// What is sent, as often as needed.
    pub(super) request: proto::RecordUsageBatchRequest,
}

impl Chunk {
    /// The number of its records.
    pub(super) fn len(&self) -> usize {
        self.request.records.len()
    }
}

/// Numbers chunks and their records.
#[derive(Debug)]
pub(super) struct Cutter {
    next_sequence: i64,
    next_position: u64,
}

impl Cutter {
    /// The service wants sequences that grow; they begin at 1.
    pub(super) fn new() -> Self {
        Self { next_sequence: 1, next_position: 0 }
    }

    /// Cuts records into chunks that are neither too many nor too large.
    pub(super) fn cut(&mut self, records: Vec<proto::UsageRecord>) -> VecDeque<Chunk> {
        let mut chunks = VecDeque::new();
        let (mut part, mut bytes) = (Vec::with_capacity(records.len().min(MAX_RECORDS)), 0);
        for record in records {
            let size = record.encoded_len();
            if part.len() == MAX_RECORDS || (bytes + size > MAX_BYTES && !part.is_empty()) {
                chunks.push_back(self.number(std::mem::take(&mut part)));
                bytes = 0;
            }
            bytes += size;
            part.push(record);
        }
        if !part.is_empty() {
            chunks.push_back(self.number(part));
        }
        chunks
    }

    fn number(&mut self, records: Vec<proto::UsageRecord>) -> Chunk {
        let first_position = self.next_position;
        let sequence = self.next_sequence;
        self.next_position += u64::try_from(records.len()).expect("a usize fits in 64 bits");
        self.next_sequence += 1;
        Chunk { first_position, request: proto::RecordUsageBatchRequest { sequence, records } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: usize, error_bytes: usize) -> Vec<proto::UsageRecord> {
        let error_message = "x".repeat(error_bytes);
        vec![proto::UsageRecord { error_message, ..Default::default() }; count]
    }

    fn shape(chunks: &VecDeque<Chunk>) -> Vec<(i64, u64, usize)> {
        chunks.iter().map(|c| (c.request.sequence, c.first_position, c.len())).collect()
    }

    #[test]
    fn chunks_are_numbered_through() {
        let mut cutter = Cutter::new();
        assert_eq!(shape(&cutter.cut(records(501, 1))), [(1, 0, 500), (2, 500, 1)]);
        assert_eq!(shape(&cutter.cut(records(2, 1))), [(3, 501, 2)]);
        assert_eq!(shape(&cutter.cut(Vec::new())), []);
    }

    #[test]
    fn large_records_make_small_chunks() {
        let mut cutter = Cutter::new();
        let chunks = cutter.cut(records(5, 900 << 10));
        assert_eq!(shape(&chunks), [(1, 0, 2), (2, 2, 2), (3, 4, 1)]);
        let chunks = cutter.cut(records(2, 3 << 20));
        assert_eq!(shape(&chunks), [(4, 5, 1), (5, 6, 1)], "one that is too large goes alone");
    }
}
