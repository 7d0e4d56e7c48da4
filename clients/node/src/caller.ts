import type { CallOptions as ConnectOptions } from "@connectrpc/connect";

import { type Credentials, findCredentials } from "./config.js";
import { Connection } from "./connection.js";
import { readError } from "./read-error.js";

const DEFAULT_TIMEOUT_MS = 5_000;

/** How to reach the service. What is missing comes from the environment or the credentials file. */
export interface ClientOptions extends Partial<Credentials> {
  /**
   * Such as "http://127.0.0.1:50051"; http:// is plaintext, https:// is TLS. Else
   * AIUSAGE_ADDRESS, else that of the credentials file.
   */
  address?: string;
  /** Else AIUSAGE_API_KEY, else that of the credentials file. */
  apiKey?: string;
  /** For each call, its retries included. 5,000 by default. */
  timeoutMs?: number;
}

/** Options of every call. */
export interface CallOptions {
  /** Instead of the client's own; for a batch there is none by default. */
  timeoutMs?: number;
  /** Ends the call early. */
  signal?: AbortSignal;
}

/** Calls the service. The verbs are those of `Client`. */
export class Caller {
  /** @internal */
  protected readonly connection: Connection;
  readonly #timeoutMs: number;

  /** Throws `ConfigurationError` when there is no address or no key to be found. */
  constructor(options: ClientOptions = {}) {
    this.connection = new Connection(findCredentials(options));
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Closes the connection; the next call opens another. */
  close(): void {
    this.connection.close();
  }

  /** @internal */
  protected async call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    { timeoutMs = this.#timeoutMs, signal }: CallOptions,
  ): Promise<Response> {
    try {
      return await method(request, { timeoutMs, ...(signal && { signal }) });
    } catch (failure) {
      throw readError(failure, signal);
    }
  }

  /**
   * Every page of a list; the requests differ in their pageToken alone.
   *
   * @internal
   */
  protected async *pages<Request extends object, Page extends { nextPageToken: string }>(
    method: Method<Request & { pageToken: string }, Page>,
    request: Request,
    options: CallOptions,
  ): AsyncGenerator<Page, void, undefined> {
    let pageToken = "";
    do {
      const page = await this.call(method, { ...request, pageToken }, options);
      yield page;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }
}

type Method<Request, Response> = (request: Request, options: ConnectOptions) => Promise<Response>;
