import type { TrackOptions } from "../tracking/call.js";

/** What `instrument` takes: fields that every record of the client gets, and how to read it. */
export interface InstrumentOptions extends TrackOptions {
  /**
   * OpenAI's streams of chat completions tell their usage only if they are asked to. We
   * ask where the application does not, and keep the extra chunk to ourselves. Pass false
   * for a server that refuses `stream_options`; its streams have no usage then.
   */
  includeUsage?: boolean;
}
