/**
 * The promises of the `cohere-ai` package, which can give the raw response, too. What they
 * give is put into place before anybody asks, so that the promise stays the SDK's own.
 */
import type { Observation } from "./observation.js";

interface Answered {
  readonly data: unknown;
}

interface RawResponsePromise extends Promise<unknown> {
  innerPromise: Promise<Answered>;
}

export function isRawResponsePromise(value: unknown): value is RawResponsePromise {
  if (typeof value !== "object" || value === null) return false;
  const { innerPromise, withRawResponse } = value as Record<string, unknown>;
  return innerPromise instanceof Promise && typeof withRawResponse === "function";
}

/** `promise`, whose answer is watched. */
export function observeRawResponsePromise(
  promise: RawResponsePromise,
  observation: Observation,
): RawResponsePromise {
  promise.innerPromise = promise.innerPromise.then(
    (answer) => ({ ...answer, data: observation.answered(answer.data) }),
    (error: unknown) => observation.fail(error),
  );
  return promise;
}
