import { readAiSdk } from "./ai-sdk.js";
import { readAnthropic } from "./anthropic.js";
import { readBedrock } from "./bedrock.js";
import { readChatCompletion } from "./chat-completions.js";
import { readCohere } from "./cohere.js";
import type { ResponseFacts } from "./facts.js";
import { isFields } from "./fields.js";
import { readGoogle } from "./google.js";
import { readEmbeddings, readImages, readSpeech, readTranscription } from "./openai-media.js";
import { readOpenAIResponse } from "./openai-responses.js";

export type { ResponseFacts } from "./facts.js";
export { joined as joinedFacts } from "./facts.js";

// Each knows its own shape by what no other has, so the order tells nothing.
const READERS = [
  readChatCompletion,
  readOpenAIResponse,
  readAnthropic,
  readGoogle,
  readEmbeddings,
  readImages,
  readTranscription,
  readSpeech,
  readCohere,
  readBedrock,
  readAiSdk,
];

/**
 * What a provider's response says of itself: an object of an SDK, or the JSON of its API.
 * Nothing where the shape is not known. It never throws.
 */
export function readResponse(response: unknown): ResponseFacts | undefined {
  try {
    return isFields(response) ? firstOf(response) : undefined;
  } catch {
    // A getter of a foreign object may throw; then it does not say.
    return undefined;
  }
}

function firstOf(response: Readonly<Record<string, unknown>>): ResponseFacts | undefined {
  // The AI SDK's streamed results begin to read themselves when they are asked for usage.
  if ("fullStream" in response) return undefined;
  for (const read of READERS) {
    const facts = read(response);
    if (facts) return facts;
  }
  // The Mistral SDK puts each chunk of a stream into an event.
  return isFields(response["data"]) ? readChatCompletion(response["data"]) : undefined;
}
