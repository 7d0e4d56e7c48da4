import { shared } from "../shared.js";

/** What every record made inside it takes, unless the record says otherwise. */
export interface Context {
  /** Who causes the calls. */
  readonly userId?: string | undefined;
  /** The background job that they belong to. */
  readonly jobId?: string | undefined;
  /** The user's session or conversation. */
  readonly sessionId?: string | undefined;
  /** What part of the product makes them, such as "chat". */
  readonly feature?: string | undefined;
  /** The function or code path inside the feature. */
  readonly functionName?: string | undefined;
  /** Free labels; those of an inner context are added to those around it. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

const NONE: Context = Object.freeze({});

/**
 * Runs `fn` in a context, which holds for all that it starts and awaits. Contexts nest:
 * the inner one wins, field by field, and tags are put together.
 */
export function withContext<Result>(context: Context, fn: () => Result): Result {
  const around = shared.surroundings.getStore();
  const merged = mergeContexts(around?.context ?? NONE, context);
  return shared.surroundings.run({ context: merged, call: around?.call }, fn);
}

/** The context of the code that asks; empty outside of any. */
export function currentContext(): Context {
  return shared.surroundings.getStore()?.context ?? NONE;
}

/**
 * `fn`, to be called from anywhere in the context of now: for callbacks of queues, pools
 * and event emitters, which run in the context of whoever calls them.
 */
export function bindContext<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
): (...args: Args) => Result {
  const surroundings = shared.surroundings.getStore() ?? { context: NONE, call: undefined };
  return (...args) => shared.surroundings.run(surroundings, fn, ...args);
}

/** Two contexts as one. */
export function mergeContexts(outer: Context, inner: Context): Context {
  return layered(outer, inner, { tags: { ...outer.tags, ...inner.tags } });
}

/** Layers as one: the later one wins where it says something. */
export function layered<Fields extends object>(...layers: Partial<Fields>[]): Partial<Fields> {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value !== undefined && value !== null && value !== "") merged[name] = value;
    }
  }
  return merged as Partial<Fields>;
}
