/**
 * The promises of the `openai` and `@anthropic-ai/sdk` packages. They send their request
 * at once, but read the answer only when it is asked for, and can give out the raw
 * response instead. So they are not awaited here: their two steps are watched in place,
 * and the promise stays the object that the SDK made, with all that it can do.
 */
import type { Observation } from "./observation.js";

/** The steps of such a promise, as both SDKs name them. */
interface ApiPromise extends Promise<unknown> {
  responsePromise: Promise<{ response: Response }>;
  parseResponse: (...args: unknown[]) => unknown;
  readonly parsedPromise?: Promise<unknown>;
  asResponse(): Promise<Response>;
  _thenUnwrap(transform: (answer: unknown, ...rest: unknown[]) => unknown): ApiPromise;
}

export function isApiPromise(value: unknown): value is ApiPromise {
  if (typeof value !== "object" || value === null) return false;
  const { responsePromise, parseResponse, asResponse } = value as Partial<ApiPromise>;
  const functions = [responsePromise?.then, parseResponse, asResponse];
  return functions.every((each) => typeof each === "function");
}

/** `promise`, whose steps are watched. */
export function observeApiPromise(
  promise: ApiPromise,
  observation: Observation,
  answered = (answer: unknown) => observation.answered(answer),
): ApiPromise {
  const { responsePromise, parseResponse, asResponse } = promise;
  promise.responsePromise = responsePromise.catch((error: unknown) => observation.fail(error));
  let parsed: Promise<unknown> | undefined;
  const parse = async (args: unknown[]) => {
    let answer: unknown;
    try {
      answer = await parseResponse.apply(promise, args);
    } catch (error) {
      return observation.fail(error);
    }
    return answered(answer);
  };
  promise.parseResponse = (...args) => (parsed ??= parse(args));
  promise.asResponse = async () => {
    const response = await asResponse.call(promise);
    // withResponse() comes by here, too, and has begun to read the answer before.
    if (!promise.parsedPromise && !parsed) observeRaw(response, observation);
    return response;
  };
  if (Object.hasOwn(promise, "_thenUnwrap")) observeDerived(promise, observation);
  return promise;
}

/**
 * Helpers of the SDK derive a promise of what they make of the answer. From version 7 of
 * `openai` on, that does not go through the steps of the promise it is derived from.
 */
function observeDerived(promise: ApiPromise, observation: Observation): void {
  const thenUnwrap = promise._thenUnwrap;
  promise._thenUnwrap = (transform) => {
    const derived = thenUnwrap.call(promise, (answer, ...rest) =>
      transform(observation.answered(answer), ...rest),
    );
    return observeApiPromise(derived, observation, (answer) => answer);
  };
}

/**
 * The application reads the response by itself. A JSON answer is read beside it; a stream
 * is not, as all of it would have to be kept for an application that reads slowly.
 */
function observeRaw(response: Response, observation: Observation): void {
  const { call } = observation;
  if (call.isOver) return;
  if (response.headers.get("content-type")?.includes("json")) {
    const end = (body?: unknown) => {
      call.setResponse(body);
      observation.end();
    };
    response
      .clone()
      .json()
      .then(end, () => end());
    return;
  }
  call.setMetadata({ response: { usage_reported: false } });
  observation.end();
}
