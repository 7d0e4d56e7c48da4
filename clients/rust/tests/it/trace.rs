//! The trace of a record.

use std::time::Duration;

use aiusage_client::{Call, Record, Tracker, proto};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::{client, fake};

const SOON: Duration = Duration::from_secs(20);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn ids(record: &proto::UsageRecord) -> (&str, &str) {
    (&record.trace_id, &record.span_id)
}

#[tokio::test]
async fn a_record_has_the_ids_of_the_span_that_it_is_made_in() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let (trace, span) = (TraceId::from_hex(TRACE), SpanId::from_hex(SPAN));
    let span = SpanContext::new(
        trace.expect("is hexadecimal"),
        span.expect("is hexadecimal"),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    let record = || Record::new("ada").model("openai", "gpt-4o");
    tracker.record(record());
    {
        let context = opentelemetry::Context::new().with_remote_span_context(span);
        let _inside = context.attach();
        tracker.record(record());
        tracker.record(record().trace_id("0".repeat(31) + "1"));
    }
    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let [outside, inside, own] = state.records.as_slice() else { panic!("{:?}", state.records) };
    assert_eq!((ids(outside), ids(inside)), (("", ""), (TRACE, SPAN)));
    assert_eq!(ids(own), ("00000000000000000000000000000001", ""));
}

#[tokio::test]
async fn spans_of_tracing_are_known() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let span = tracing::info_span!("answer");
    let context = span.context();
    let call = async {
        tokio::task::yield_now().await;
        tracker.track(Call::new("openai", "gpt-4o").user_id("ada")).finish();
    };
    call.instrument(span).await;
    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let [record] = state.records.as_slice() else { panic!("{:?}", state.records) };
    let expected = context.span().span_context().clone();
    assert!(expected.is_valid());
    assert_eq!(record.trace_id, expected.trace_id().to_string());
    assert_eq!(record.span_id, expected.span_id().to_string());
}
