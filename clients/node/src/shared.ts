/**
 * What all copies of this package in a process share: an application may load it by
 * `import` and by `require`, and its libraries may too.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import type { Sender } from "./sending/sender.js";
import type { SenderOptions } from "./sending/settings.js";
import type { Context } from "./tracking/context.js";
import type { TrackedCall } from "./tracking/call.js";

/** What is known where the code now runs. */
export interface Surroundings {
  readonly context: Context;
  readonly call: TrackedCall | undefined;
}

/** The state of the verbs that belong to no client: `track`, `record`, `flush`... */
export interface Shared {
  readonly surroundings: AsyncLocalStorage<Surroundings>;
  options: SenderOptions;
  sender: Sender | undefined;
}

const KEY = Symbol.for("aiusage.shared.v1");

function find(): Shared {
  const holder = globalThis as { [KEY]?: Shared };
  holder[KEY] ??= {
    surroundings: new AsyncLocalStorage(),
    options: {},
    sender: undefined,
  };
  return holder[KEY];
}

export const shared = find();
