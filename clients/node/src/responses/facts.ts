import type { JsonObject } from "@bufbuild/protobuf";

import type { Count, Usage } from "../records.js";

/** What a response tells by itself. What is left out, it does not say. */
export interface ResponseFacts {
  /** Such as "anthropic", where the shape belongs to one provider alone. */
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
  /** What the provider says the call cost, as a decimal string. */
  reportedCost?: string;
  /** Such as {finish_reasons: ["stop"]}. */
  responseMetadata?: JsonObject;
}

/** Leaves out what has no value, so that absent means unknown everywhere. */
export function known<T extends object>(values: T): T {
  const entries = Object.entries(values).filter(([, value]) => hasContent(value));
  return Object.fromEntries(entries) as T;
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value !== "object") return true;
  return Object.keys(value).length > 0;
}

/** What two parts of one streamed response say together; the later one wins. */
export function joined(first: ResponseFacts, later: ResponseFacts): ResponseFacts {
  return known({
    ...first,
    ...later,
    usage: joinedUsage(first.usage, later.usage),
    priceContext: { ...first.priceContext, ...later.priceContext },
    responseMetadata: { ...first.responseMetadata, ...later.responseMetadata },
  });
}

function joinedUsage(first: Usage | undefined, later: Usage | undefined): Usage | undefined {
  if (!first || !later) return later ?? first;
  return known({
    ...first,
    ...later,
    otherMeters: { ...first.otherMeters, ...later.otherMeters },
    rawUsage: { ...first.rawUsage, ...known(later.rawUsage ?? {}) },
  });
}

/** The sum of the counts that are known; unknown when none is. */
export function sum(...counts: (Count | undefined)[]): Count | undefined {
  const present = counts.filter((count) => count !== undefined);
  if (present.length === 0) return undefined;
  return present.map(BigInt).reduce((total, count) => total + count, 0n);
}
