//! The stream of record batches: each request is answered, in order, when its
//! records are durable.

use futures_util::{Stream, StreamExt, stream};
use tonic::{Status, Streaming};

use super::auth::Caller;
use super::convert::{answer, record};
use super::pb;
use super::pb::record_result::Outcome;
use super::status::{Error, reason_name};
use crate::clock::Clock;
use crate::domain::ids::RecordId;
use crate::domain::usage::{NewUsage, Recorded};
use crate::domain::violation::Violations;
use crate::ingest::{Patience, Recorder};

/// The most records of one request.
const RECORDS_MAX: usize = 500;
/// Requests of one stream that wait for their records to be durable. While so
/// many wait, no more is read: that is the stream's backpressure.
const UNANSWERED_MAX: usize = 8;

/// What answers the requests of one stream.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    pub(super) caller: Caller,
    pub(super) recorder: Recorder,
    pub(super) clock: Clock,
}

impl Batches {
    /// Answers every request, and ends after the first one that fails as a whole.
    pub(super) fn answer_all(
        self,
        requests: Streaming<pb::RecordUsageBatchRequest>,
    ) -> impl Stream<Item = Result<pb::RecordUsageBatchResponse, Status>> + Send {
        in_sequence(requests)
            .map(move |request| {
                let batches = self.clone();
                async move { Ok(batches.answer(request?).await?) }
            })
            .buffered(UNANSWERED_MAX)
    }

    async fn answer(
        &self,
        request: pb::RecordUsageBatchRequest,
    ) -> Result<pb::RecordUsageBatchResponse, Error> {
        let now = self.clock.now();
        let mut outcomes = Outcomes::new(request.sequence);
        let mut calls: Vec<(usize, NewUsage)> = Vec::with_capacity(request.records.len());
        for (index, wire) in request.records.into_iter().enumerate() {
            match record::new_usage(wire, self.caller.tenant, now) {
                Ok(usage) => calls.push((index, usage)),
                Err(violations) => outcomes.refuse(index, invalid(&violations)),
            }
        }
        let ids: Vec<(usize, RecordId)> =
            calls.iter().map(|(index, usage)| (*index, usage.record_id)).collect();
        let calls = calls.into_iter().map(|(_, usage)| usage).collect();
        let recorded = self.recorder.record(calls, Patience::Stream).await?;
        for ((index, record_id), recorded) in ids.into_iter().zip(recorded) {
            outcomes.note(index, record_id, recorded);
        }
        Ok(outcomes.into_response())
    }
}

/// Checks the shape of each request; the first bad one, or a broken connection,
/// ends the stream.
fn in_sequence(
    requests: Streaming<pb::RecordUsageBatchRequest>,
) -> impl Stream<Item = Result<pb::RecordUsageBatchRequest, Status>> + Send {
    stream::unfold(Some((requests, None)), |open| async {
        let (mut requests, last) = open?;
        let request = match requests.message().await {
            Ok(request) => request?,
            Err(status) => return Some((Err(status), None)),
        };
        match check(&request, last) {
            Ok(()) => {
                let sequence = Some(request.sequence);
                Some((Ok(request), Some((requests, sequence))))
            }
            Err(violations) => Some((Err(Error::from(violations).into()), None)),
        }
    })
}

fn check(request: &pb::RecordUsageBatchRequest, last: Option<i64>) -> Result<(), Violations> {
    let mut violations = Violations::default();
    if last.is_some_and(|last| request.sequence <= last) {
        violations.add(
            "sequence",
            format!("must grow, came {} after {}", request.sequence, last.unwrap_or_default()),
        );
    }
    if request.records.is_empty() || request.records.len() > RECORDS_MAX {
        violations.add(
            "records",
            format!("must have 1 to {RECORDS_MAX} items, has {}", request.records.len()),
        );
    }
    violations.into_result()
}

/// Collects what becomes of the records of one request.
struct Outcomes(pb::RecordUsageBatchResponse);

impl Outcomes {
    fn new(sequence: i64) -> Self {
        Self(pb::RecordUsageBatchResponse { sequence, ..Default::default() })
    }

    fn note(&mut self, index: usize, record_id: RecordId, recorded: Recorded) {
        match recorded {
            Recorded::Durable(receipt) if receipt.duplicate => {
                self.0.duplicate_count += 1;
                self.add(index, Outcome::Duplicate(answer::receipt(receipt)));
            }
            Recorded::Durable(_) => self.0.stored_count += 1,
            Recorded::IdReused { differing_fields } => {
                self.refuse(index, id_reused(record_id, &differing_fields))
            }
        }
    }

    fn refuse(&mut self, index: usize, refusal: pb::Refusal) {
        self.0.refused_count += 1;
        self.add(index, Outcome::Refusal(refusal));
    }

    fn add(&mut self, index: usize, outcome: Outcome) {
        let index = i32::try_from(index).expect("a request has at most 500 records");
        self.0.results.push(pb::RecordResult { index, outcome: Some(outcome) });
    }

    fn into_response(mut self) -> pb::RecordUsageBatchResponse {
        self.0.results.sort_by_key(|result| result.index);
        self.0
    }
}

fn invalid(violations: &Violations) -> pb::Refusal {
    pb::Refusal {
        reason: reason_name(pb::ErrorReason::InvalidFields).to_owned(),
        message: violations.to_string(),
        violations: answer::field_violations(violations),
    }
}

fn id_reused(record_id: RecordId, differing_fields: &[String]) -> pb::Refusal {
    let fields = differing_fields.join(",");
    pb::Refusal {
        reason: reason_name(pb::ErrorReason::RecordIdReused).to_owned(),
        message: format!(
            "record_id {record_id} was used before for a record that differs in {fields}"
        ),
        violations: Vec::new(),
    }
}
