import type { IsOurs } from "../tracking/watched.js";
import type { TrackedCall, TrackOptions } from "../tracking/call.js";
import type { InstrumentOptions } from "./options.js";

/** One call of an SDK's method that is about to be made. */
export interface Invocation {
  /** The arguments, perhaps with something added. */
  readonly args: readonly unknown[];
  /** What they tell of the call. */
  readonly known: TrackOptions;
  readonly isOurs?: IsOurs;
  /** Where the answer holds a stream: the name of its field. */
  readonly streamIn?: string;
  /** Whether the response may be made in the background, and asked for again later. */
  readonly isResumable?: boolean;
  /** The call whose response is asked for again. */
  readonly resumes?: TrackedCall;
  /** What is to be read instead of an answer that does not tell by itself. */
  readonly told?: (answer: unknown) => unknown;
  /** Whom the answer is for, where the application takes it by a callback; no argument then. */
  readonly callback?: Callback;
}

export type Callback = (error: unknown, answer?: unknown) => void;

/**
 * How the arguments of a method that makes an AI call are read; `client` is what that tells.
 * Nothing where this one makes none.
 */
export type Method = (
  args: readonly unknown[],
  options: InstrumentOptions,
  client: TrackOptions,
) => Invocation | undefined;

/** A part of a client whose methods may make several requests each. */
export interface Requesting {
  readonly part: object;
  /** What its methods call for each request, by their name; some versions lack it. */
  readonly requests: Readonly<Record<string, string>>;
}

/** What is to be known of one SDK's client. */
export interface Sdk {
  /** The methods that make AI calls, by their path from the client: "chat.completions.create". */
  readonly methods: Readonly<Record<string, Method>>;
  /** Other parts of the client whose methods make AI calls by calling those. */
  readonly helpers: readonly string[];
  /** Fields by which parts of the client know others, and the path of those; "" is the client. */
  readonly references: Readonly<Record<string, string>>;
  /** A part like this one, to track its requests; nothing where each method makes but one. */
  another?(part: object, path: string): Requesting | undefined;
  /** Whether methods of the client call others of it, and need no private fields for that. */
  readonly callsItself?: boolean;
  /** What the client itself tells of every call. */
  describe(client: object): TrackOptions;
}
