/** The Vercel AI SDK, the package `ai`: a middleware for its models. */
import { get } from "../responses/fields.js";
import type { TrackOptions } from "../tracking/call.js";
import { mergeOptions } from "../tracking/call.js";
import { Watch } from "../tracking/watched.js";
import { watchedReadable } from "../tracking/watched-readable.js";
import { Observation } from "./observation.js";

/** What models of every kind tell of themselves. */
interface Model {
  readonly provider: string;
  readonly modelId: string;
}

/** What a model that streams answers. */
interface Streamed {
  readonly stream: ReadableStream<unknown>;
}

/** Fits `wrapLanguageModel` and `wrapEmbeddingModel`, whatever the version of their models. */
export interface AiusageMiddleware {
  readonly specificationVersion: "v3";
  wrapGenerate<Result>(call: { doGenerate(): PromiseLike<Result>; model: Model }): Promise<Result>;
  wrapStream<Result extends Streamed>(call: {
    doStream(): PromiseLike<Result>;
    model: Model;
  }): Promise<Result>;
  wrapEmbed<Result>(call: { doEmbed(): PromiseLike<Result>; model: Model }): Promise<Result>;
}

/**
 * A middleware of the AI SDK that records every call of the model: each step of
 * `generateText` and `streamText` by itself. `options` are fields that every record gets.
 *
 *     const model = wrapLanguageModel({ model: openai("gpt-4o"), middleware: aiusageMiddleware() });
 */
export function aiusageMiddleware(options: TrackOptions = {}): AiusageMiddleware {
  const observe = (operation: string, { provider, modelId }: Model) => {
    const told = { operation, provider: providerOf(provider), model: modelId };
    return new Observation(mergeOptions(told, options));
  };
  return {
    specificationVersion: "v3",
    wrapGenerate: ({ doGenerate, model }) => promised(observe("chat", model), doGenerate),
    wrapEmbed: ({ doEmbed, model }) => promised(observe("embeddings", model), doEmbed),
    wrapStream: ({ doStream, model }) => streamed(observe("chat", model), doStream),
  };
}

// The SDK names a provider and its API, such as "openai.chat"; the service, the provider.
const PROVIDERS: Readonly<Record<string, string>> = {
  "amazon-bedrock": "aws",
  bedrock: "aws",
  "azure-openai": "azure",
  vertex: "google",
  xai: "x-ai",
  togetherai: "together",
  // A gateway has the provider in the name of the model.
  gateway: "",
};

function providerOf(name: string): string {
  const [provider = ""] = name.split(".");
  return PROVIDERS[provider] ?? provider;
}

async function promised<Result>(
  observation: Observation,
  call: () => PromiseLike<Result>,
): Promise<Result> {
  return (await observation.of(call)) as Result;
}

async function streamed<Result extends Streamed>(
  observation: Observation,
  doStream: () => PromiseLike<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await observation.call.run(doStream);
  } catch (error) {
    return observation.fail(error);
  }
  const watch = new PartsWatch(observation.call, { end: () => observation.end() });
  return { ...result, stream: watchedReadable(result.stream, watch) };
}

/** Models tell an error in the midst of a stream by a part of it. */
class PartsWatch extends Watch {
  override take(part: unknown): boolean {
    if (get(part, "type") === "error") this.mark(get(part, "error"));
    return super.take(part);
  }
}
