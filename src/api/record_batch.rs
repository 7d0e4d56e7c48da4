//! The stream of record batches: each request is answered, in order, when its
//! records are durable.

use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::auth::Caller;
use super::convert::{answer, record};
use super::pb;
use super::pb::record_result::Outcome;
use super::status::{Error, blame_the_caller, explain_too_old, reason_name};
use crate::clock::Clock;
use crate::domain::ids::RecordId;
use crate::domain::usage::{NewUsage, Recorded};
use crate::domain::violation::Violations;
use crate::ingest::{self, Lane, Recorder};

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
    pub(super) stop: CancellationToken,
}

impl Batches {
    /// Answers every request, and ends after the first one that fails as a whole.
    pub(super) fn answer_all(
        self,
        requests: Streaming<pb::RecordUsageBatchRequest>,
    ) -> impl Stream<Item = Result<pb::RecordUsageBatchResponse, Status>> + Send {
        in_sequence(requests, self.stop.clone())
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
        let recorded = self.recorder.record(self.caller.tenant, calls, Lane::Stream).await?;
        for ((index, record_id), recorded) in ids.into_iter().zip(recorded) {
            outcomes.note(index, record_id, recorded);
        }
        Ok(outcomes.into_response())
    }
}

/// Checks the shape of each request; the first bad one, a broken connection or the
/// server's stop ends the stream.
fn in_sequence(
    requests: Streaming<pb::RecordUsageBatchRequest>,
    stop: CancellationToken,
) -> impl Stream<Item = Result<pb::RecordUsageBatchRequest, Status>> + Send {
    stream::unfold(Some((requests, None, stop)), |open| async {
        let (mut requests, last, stop) = open?;
        let request = tokio::select! {
            request = requests.message() => request,
            () = stop.cancelled() => Err(Error::from(ingest::Error::ShuttingDown).into()),
        };
        let checked = match request {
            Ok(request) => check(request?, last),
            Err(status) => Err(blame_the_caller(status)),
        };
        match checked {
            Ok(request) => {
                let last = Some(request.sequence);
                Some((Ok(request), Some((requests, last, stop))))
            }
            Err(status) => Some((Err(status), None)),
        }
    })
}

fn check(
    request: pb::RecordUsageBatchRequest,
    last: Option<i64>,
) -> Result<pb::RecordUsageBatchRequest, Status> {
    let mut violations = Violations::default();
    if let Some(last) = last.filter(|last| request.sequence <= *last) {
        let came = request.sequence;
        violations.add("sequence", format!("must grow, came {came} after {last}"));
    }
    let count = request.records.len();
    if count == 0 || count > RECORDS_MAX {
        violations.add("records", format!("must have 1 to {RECORDS_MAX} items, has {count}"));
    }
    violations.into_result().map_err(Error::from)?;
    Ok(request)
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
            Recorded::TooOld => self.refuse(index, too_old(record_id)),
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

fn too_old(record_id: RecordId) -> pb::Refusal {
    pb::Refusal {
        reason: reason_name(pb::ErrorReason::RecordTooOld).to_owned(),
        message: explain_too_old(record_id),
        violations: Vec::new(),
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
