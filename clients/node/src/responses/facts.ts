import type { JsonObject } from "@bufbuild/protobuf";

import type { Usage } from "../records.js";

/** What a response tells by itself. What is left out, it does not say. */
export interface ResponseFacts {
  /** Such as "google": where the response names it, or nobody else answers in its form. */
  provider?: string;
  /** The model that answered. */
  responseModel?: string;
  /** The provider's id of the response. */
  responseId?: string;
  /** OpenTelemetry's word for the kind of call, such as "chat". */
  operation?: string;
  /** What the call used. Without it, the response does not say. */
  usage?: Usage;
  /** The terms the price depends on, such as {service_tier: "flex"}. */
  priceContext?: Readonly<Record<string, string>>;
  /** What the provider says the call cost in USD, as a decimal string. */
  reportedCost?: string;
  /** How the call ended, where the response says that it failed: "error", "timeout" or "rate_limited". */
  status?: string;
  /** Why the call failed, where a response came that says so. */
  errorMessage?: string;
  /**
   * Such as {finish_reasons: ["stop"]}. `usage_reported` is false where the usage, or its
   * end, was not told; `usage_left_out` names counts that could not be true.
   */
  responseMetadata?: JsonObject;
}

/** One form of answer that readers know. */
export interface Form {
  /** Whether a body has this form. */
  recognises(body: object): boolean;
  /** What it says. */
  read(body: object): ResponseFacts;
}

/** A streamed answer of one form, put together as far as it tells anything of the call. */
export interface StreamedBody {
  /** Takes the next chunk or event. True if it carries output. */
  feed(event: object): boolean;
  /** The body that says the same as all events until now. */
  body(): object;
}

/** One form of stream. */
export interface StreamForm {
  recognises(event: object): boolean;
  begin(): StreamedBody;
  read(body: object): ResponseFacts;
}

/** Leaves out what is not known, so that absent means unknown everywhere. */
export function known<T extends object>(values: T): T {
  const entries = Object.entries(values).filter(([, value]) => saysSomething(value));
  return Object.fromEntries(entries) as T;
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
