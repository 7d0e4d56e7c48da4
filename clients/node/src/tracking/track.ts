import { shared } from "../shared.js";
import { TrackedCall, type TrackOptions } from "./call.js";
import { isAsyncIterable, watched } from "./watched.js";

/**
 * Makes one AI call and records it: its time, what it used and how it went.
 *
 * `fn` makes the call; what it returns is returned, and what it throws is thrown on
 * unchanged. If it returns the response of a provider's SDK, usage is read from it;
 * otherwise tell by `call.setTokens` or `call.setResponse`.
 */
export function track<Result>(
  options: TrackOptions,
  fn: (call: TrackedCall) => PromiseLike<Result>,
): Promise<Result>;
export function track<Result>(options: TrackOptions, fn: (call: TrackedCall) => Result): Result;
export function track(options: TrackOptions, fn: (call: TrackedCall) => unknown): unknown {
  const call = startCall(options);
  return settle(call, fn, (result) => ended(call, result));
}

/**
 * Like `track` for a call whose answer is a stream: any async iterable, such as that of an
 * SDK, or an async generator. The call ends when the stream has been read, is left or
 * fails; its first chunk is the first token, and usage is read from the chunks.
 *
 * What is returned is the stream of `fn`, with all that it can do beside being read.
 */
export function trackStream<Stream extends AsyncIterable<unknown>>(
  options: TrackOptions,
  fn: (call: TrackedCall) => PromiseLike<Stream>,
): Promise<Stream>;
export function trackStream<Stream extends AsyncIterable<unknown>>(
  options: TrackOptions,
  fn: (call: TrackedCall) => Stream,
): Stream;
export function trackStream(
  options: TrackOptions,
  fn: (call: TrackedCall) => AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>,
): unknown {
  const call = startCall(options);
  return settle(call, fn, (stream) =>
    isAsyncIterable(stream) ? watched(stream, call) : ended(call, stream),
  );
}

/** A call that you end yourself: by `end()`, `fail(error)` or a `using` block. */
export function startCall(options: TrackOptions = {}): TrackedCall {
  return new TrackedCall(options);
}

/** The innermost call of `track` that the code which asks is part of. */
export function currentCall(): TrackedCall | undefined {
  return shared.surroundings.getStore()?.call;
}

/** Ends the call with its whole answer. */
function ended(call: TrackedCall, answer: unknown): unknown {
  if (!call.hasUsage) call.setResponse(answer);
  call.end();
  return answer;
}

/** Runs `fn` within the call and hands its result over, now or when it is there. */
function settle(
  call: TrackedCall,
  fn: (call: TrackedCall) => unknown,
  succeed: (result: unknown) => unknown,
): unknown {
  const fail = (error: unknown): never => {
    call.fail(error);
    throw error;
  };
  let result: unknown;
  try {
    result = call.run(() => fn(call));
  } catch (error) {
    return fail(error);
  }
  return isPromise(result) ? result.then(succeed, fail) : succeed(result);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === "function";
}
