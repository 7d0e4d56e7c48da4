import type { Readable } from "node:stream";

import { keepUnread, readThrough } from "./unread.js";
import type { Watch } from "./watched.js";

/** `stream` with the same chunks at the pace of its reader, watched as it is read. */
export function watchedReadable<Chunk>(
  stream: ReadableStream<Chunk>,
  watch: Watch,
): ReadableStream<Chunk> {
  const reader = stream.getReader();
  const same = new ReadableStream<Chunk>(
    {
      async pull(controller) {
        try {
          let result = await watch.step(() => reader.read());
          while (!result.done && !watch.take(result.value)) {
            result = await watch.step(() => reader.read());
          }
          if (result.done) {
            watch.finish();
            controller.close();
          } else {
            controller.enqueue(result.value);
          }
        } catch (error) {
          watch.fail(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        watch.leave();
        await reader.cancel(reason);
      },
    },
    // Nothing is read before somebody asks for it.
    { highWaterMark: 0 },
  );
  return readThrough(same, keepUnread(watch));
}

/**
 * `stream` itself: whichever way it is read, it tells of it by its events. Nobody listens to
 * them, since a listener would make it flow, or keep its errors from the application.
 */
export function watchedNodeStream<Stream extends Readable>(stream: Stream, watch: Watch): Stream {
  const hold = keepUnread(watch);
  if (stream.readableEnded) watch.finish();
  else if (stream.destroyed) watch.leave();
  const emit = stream.emit;
  stream.emit = (name: string | symbol, ...args: unknown[]) => {
    if (name === "data") watch.take(args[0]);
    else if (name === "end") watch.finish();
    else if (name === "error") watch.fail(args[0]);
    else if (name === "close") watch.leave();
    return Reflect.apply(emit, stream, [name, ...args]);
  };
  return readThrough(stream, hold);
}
