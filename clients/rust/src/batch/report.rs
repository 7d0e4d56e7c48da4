//! What became of the records of a batch.

use super::chunk::Chunk;
use crate::error::{AnswerError, Violation};
use crate::proto;
use crate::proto::record_result::Outcome;

/// What became of up to 500 records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkReport {
    /// Position of the first of them in the batch, from 0.
    pub first_position: u64,
    /// How many they are.
    pub record_count: u64,
    /// Records stored now.
    pub stored_count: u64,
    /// Records that were stored before with the same content.
    pub duplicate_count: u64,
    /// Records that were refused; nothing of them is stored.
    pub refused: Vec<RefusedRecord>,
}

impl ChunkReport {
    pub(super) fn new(
        chunk: &Chunk,
        answer: proto::RecordUsageBatchResponse,
    ) -> Result<Self, AnswerError> {
        let count = |name, n: i64| u64::try_from(n).map_err(|_| AnswerError::bad(name, &n));
        let refused = answer.results.into_iter().filter_map(|result| refused(chunk, result));
        Ok(Self {
            first_position: chunk.first_position,
            record_count: u64::try_from(chunk.len()).expect("a usize fits in 64 bits"),
            stored_count: count("stored_count", answer.stored_count)?,
            duplicate_count: count("duplicate_count", answer.duplicate_count)?,
            refused: refused.collect::<Result<_, _>>()?,
        })
    }
}

fn refused(
    chunk: &Chunk,
    result: proto::RecordResult,
) -> Option<Result<RefusedRecord, AnswerError>> {
    let Some(Outcome::Refusal(refusal)) = result.outcome else { return None };
    let index = usize::try_from(result.index).ok();
    let record = index.and_then(|index| chunk.request.records.get(index));
    let (Some(record), Ok(offset)) = (record, u64::try_from(result.index)) else {
        return Some(Err(AnswerError::bad("index", &result.index)));
    };
    let violations = refusal.violations.into_iter();
    Some(Ok(RefusedRecord {
        position: chunk.first_position + offset,
        record_id: record.record_id.clone(),
        reason: refusal.reason,
        message: refusal.message,
        violations: violations
            .map(|v| Violation { field: v.field, description: v.description })
            .collect(),
    }))
}

/// A record of a batch that was refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RefusedRecord {
    /// Its position in the batch, from 0.
    pub position: u64,
    /// Its id.
    pub record_id: String,
    /// Why, for programs: `INVALID_FIELDS` or `RECORD_ID_REUSED`.
    pub reason: String,
    /// Why, for a person.
    pub message: String,
    /// Every wrong field.
    pub violations: Vec<Violation>,
}

/// What became of a whole batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BatchSummary {
    /// Records stored now.
    pub stored_count: u64,
    /// Records that were stored before with the same content.
    pub duplicate_count: u64,
    /// Records that were refused.
    pub refused: Vec<RefusedRecord>,
}

impl BatchSummary {
    pub(super) fn add(&mut self, chunk: ChunkReport) {
        self.stored_count += chunk.stored_count;
        self.duplicate_count += chunk.duplicate_count;
        self.refused.extend(chunk.refused);
    }
}
