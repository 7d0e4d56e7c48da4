import type { Watch } from "./watched.js";

/** `stream` with the same chunks at the pace of its reader, watched as it is read. */
export function watchedReadable<Chunk>(
  stream: ReadableStream<Chunk>,
  watch: Watch,
): ReadableStream<Chunk> {
  const reader = stream.getReader();
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        try {
          const { done, value } = await watch.step(() => reader.read());
          if (done) {
            watch.finish();
            controller.close();
          } else {
            watch.take(value);
            controller.enqueue(value);
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
}
