//! The trace that a call belongs to, where the application traces with OpenTelemetry.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use crate::proto;

/// Gives a record the ids of the current span, where it names no trace.
pub(crate) fn fill_current(record: &mut proto::UsageRecord) {
    if !record.trace_id.is_empty() {
        return;
    }
    Context::map_current(|context| {
        let span = context.span().span_context().clone();
        if span.is_valid() {
            record.trace_id = span.trace_id().to_string();
            if record.span_id.is_empty() {
                record.span_id = span.span_id().to_string();
            }
        }
    });
}
