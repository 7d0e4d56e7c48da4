/** OpenAI's embeddings, transcriptions, speech and images. */
import type { Usage } from "../records.js";
import { known, type ResponseFacts } from "./facts.js";
import { count, decimal, field, type Fields, list, part, rawJson, text } from "./fields.js";

export function readEmbeddings(body: Fields): ResponseFacts | undefined {
  const [first] = list(body, "data");
  const usage = part(body, "usage");
  if (field(first, "embedding") === undefined) return undefined;
  const counts: Usage = {
    inputTokens: count(usage, "prompt_tokens"),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  };
  return known({
    responseModel: text(body, "model"),
    responseId: text(body, "id"),
    operation: "embeddings",
    usage: usage && known(counts),
    reportedCost: decimal(usage, "cost"),
  });
}

/** A transcription or translation; in a stream, the event that ends it. */
export function readTranscription(body: Fields): ResponseFacts | undefined {
  const isWhole = typeof field(body, "text") === "string" && !("type" in body);
  if (!isWhole && text(body, "type") !== "transcript.text.done") return undefined;
  const usage = part(body, "usage");
  // Without a usage object, the verbose answer still says how long the recording is.
  const seconds = decimal(usage, "seconds") ?? (usage ? undefined : decimal(body, "duration"));
  if (!text(usage, "type") && seconds === undefined) return undefined;
  const input = part(usage, "input_token_details");
  const counts: Usage = {
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    inputAudioTokens: count(input, "audio_tokens"),
    otherMeters: known({ input_audio_seconds: seconds ?? "" }),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  };
  return { operation: "transcription", usage: known(counts) };
}

/** The event that ends streamed speech; speech as bytes says nothing of its usage. */
export function readSpeech(body: Fields): ResponseFacts | undefined {
  if (text(body, "type") !== "speech.audio.done") return undefined;
  const usage = part(body, "usage");
  const counts: Usage = {
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  };
  return known({ operation: "speech", usage: usage && known(counts) });
}

/** Generated or edited images; in a stream, the event that completes them. */
export function readImages(body: Fields): ResponseFacts | undefined {
  const [image] = list(body, "data");
  const isWhole = field(image, "b64_json") !== undefined || field(image, "url") !== undefined;
  if (!isWhole && !/^image_\w+\.completed$/.test(text(body, "type") ?? "")) return undefined;
  const usage = part(body, "usage");
  return known({ operation: "image_generation", usage: usage && imageUsage(usage) });
}

function imageUsage(usage: Fields): Usage {
  return known({
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    inputImageTokens: count(part(usage, "input_tokens_details"), "image_tokens"),
    cacheReadTokens: count(part(usage, "input_tokens_details"), "cached_tokens"),
    outputImageTokens: count(part(usage, "output_tokens_details"), "image_tokens"),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  });
}
