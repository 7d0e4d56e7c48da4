/** The ids of an OpenTelemetry span. */
export interface TraceIds {
  traceId?: string;
  spanId?: string;
}

interface OpenTelemetry {
  context?: { active(): { getValue(key: symbol): unknown } };
}

// Where @opentelemetry/api keeps what is registered, for all of its copies and versions 1.
const API = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/**
 * The ids of the span that is active now. Empty where no tracing is set up: the API is
 * looked up where it registers itself, never imported.
 */
export function activeTraceIds(): TraceIds {
  const api = (globalThis as { [API]?: OpenTelemetry })[API];
  if (!api?.context) return {};
  const span = api.context.active().getValue(SPAN) as
    | { spanContext?(): { traceId: string; spanId: string } }
    | undefined;
  const ids = span?.spanContext?.();
  // All zeros: the span of a tracer that records nothing.
  if (!ids || /^0*$/.test(ids.traceId)) return {};
  return { traceId: ids.traceId, spanId: ids.spanId };
}
