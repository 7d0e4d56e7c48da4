import { guard } from "../recording.js";
import { mergeOptions } from "../tracking/call.js";
import type { Callback, Method, Sdk } from "./methods.js";
import { Observation } from "./observation.js";
import type { InstrumentOptions } from "./options.js";

type AnyFunction = (...args: unknown[]) => unknown;

const INSTRUMENTED = Symbol.for("aiusage.instrumented");

/** Whether a client records its calls already. */
export function isInstrumented(client: object): boolean {
  return INSTRUMENTED in client;
}

/**
 * A client seen through proxies: one for itself, and one for each part on the way to a
 * method that makes AI calls. Everything else is handed through.
 */
export class InstrumentedClient<Client extends object> {
  readonly client: Client;
  readonly #original: Client;
  readonly #sdk: Sdk;
  readonly #options: InstrumentOptions;
  /** What was made for each member, so that it is the same each time it is asked for. */
  readonly #made = new WeakMap<object, unknown>();

  constructor(original: Client, sdk: Sdk, options: InstrumentOptions) {
    this.#original = original;
    this.#sdk = sdk;
    this.#options = options;
    this.client = this.#part(original, "");
  }

  #part<Part extends object>(part: Part, path: string): Part {
    return new Proxy(part, {
      get: (target, name) => {
        // Getters may use private fields, which a proxy does not have.
        const value: unknown = Reflect.get(target, name, target);
        const isMember =
          typeof name === "string" && name !== "constructor" && isObjectOrFunction(value);
        return isMember ? this.#member(target, path, name, value) : value;
      },
      has: (target, name) => name === INSTRUMENTED || Reflect.has(target, name),
    });
  }

  #member(owner: object, path: string, name: string, value: object): unknown {
    const known = this.#sdk.references[name];
    if (known !== undefined && value === at(this.#original, known)) return at(this.client, known);
    const here = path ? `${path}.${name}` : name;
    const make = this.#maker(owner, here, value);
    if (!make) return value;
    if (!this.#made.has(value)) this.#made.set(value, make());
    return this.#made.get(value);
  }

  /** How the application is to see a member; nothing where it sees the member itself. */
  #maker(owner: object, path: string, value: object): (() => unknown) | undefined {
    if (typeof value !== "function") {
      if (!this.#leadsToCalls(path)) return undefined;
      return () => this.#another(value, path) ?? this.#part(value, path);
    }
    const method = this.#sdk.methods[path];
    if (method) return () => this.#tracked(owner, value as AnyFunction, method);
    // Methods of a part call others of it, which are ours then; those of a client are its own.
    return path.includes(".") ? undefined : () => this.#ofClient(owner, value as AnyFunction);
  }

  /** A part of our own, whose methods are tracked where they make a request. */
  #another(original: object, path: string): object | undefined {
    const another = guard(() => this.#sdk.another?.(original, path));
    if (!another) return undefined;
    const { part, requests } = another;
    for (const [name, request] of Object.entries(requests)) {
      const made = request in part ? request : name;
      const value: unknown = Reflect.get(part, made);
      const method = this.#sdk.methods[`${path}.${name}`];
      if (!method || typeof value !== "function") continue;
      Reflect.set(part, made, this.#tracked(part, value as AnyFunction, method));
    }
    return part;
  }

  #leadsToCalls(path: string): boolean {
    const paths = [...Object.keys(this.#sdk.methods), ...this.#sdk.helpers];
    return paths.some((each) => each === path || each.startsWith(`${path}.`));
  }

  /** A method of the client itself. One that makes a client like it makes it like this one. */
  #ofClient(owner: object, method: AnyFunction): AnyFunction {
    const self = this.#sdk.callsItself ? this.client : owner;
    return (...args) => {
      const result = Reflect.apply(method, self, args);
      if (!(result instanceof this.#original.constructor)) return result;
      return new InstrumentedClient(result, this.#sdk, this.#options).client;
    };
  }

  #tracked(owner: object, method: AnyFunction, read: Method): AnyFunction {
    return (...args) => {
      const begun = guard(() => this.#begin(args, read));
      if (!begun) return Reflect.apply(method, owner, args);
      const result = begun.observation.of(() => Reflect.apply(method, owner, begun.args));
      return begun.callback ? callBack(result, begun.callback) : result;
    };
  }

  #begin(args: readonly unknown[], read: Method) {
    const client = this.#sdk.describe(this.#original);
    const invocation = read(args, this.#options, client);
    if (!invocation) return undefined;
    const { includeUsage: _, ...given } = this.#options;
    const told = mergeOptions(client, invocation.known, given);
    return { ...invocation, observation: new Observation(told, invocation) };
  }
}

/** An error that the callback throws is its own, as before. */
function callBack(result: unknown, callback: Callback): void {
  Promise.resolve(result)
    .then((answer) => callback(null, answer), callback)
    .catch(() => undefined);
}

function at(client: object, path: string): unknown {
  return path === "" ? client : Reflect.get(client, path);
}

function isObjectOrFunction(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
