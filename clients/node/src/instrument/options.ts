import type { TrackOptions } from "../tracking/call.js";

/** What `instrument` takes: fields that every record of the client gets, and how to read it. */
export interface InstrumentOptions extends TrackOptions {
  /**
   * OpenAI's streams of chat completions tell their usage only if they are asked to. We
   * ask where the application does not, and keep the extra chunk to ourselves. By default
   * only OpenAI and OpenRouter are asked: a server that does not know `stream_options` may
   * refuse the call. A stream that is not asked has no usage.
   */
  includeUsage?: boolean;
}
