// A route that streams an answer by the AI SDK, and records what it used.
import { openai } from "@ai-sdk/openai";
import { aiusageMiddleware, flush, withContext } from "aiusage";
import { streamText, wrapLanguageModel } from "ai";

// The connections of the service are those of Node.
export const runtime = "nodejs";

const model = wrapLanguageModel({ model: openai("gpt-4o"), middleware: aiusageMiddleware() });

export async function POST(request: Request): Promise<Response> {
  const { question } = (await request.json()) as { question: string };
  // Your authentication knows who asks; here the browser is simply believed.
  const userId = request.headers.get("x-user-id") ?? "anonymous";
  return withContext({ userId, feature: "chat" }, () => {
    const result = streamText({
      model,
      prompt: question,
      // A reader who goes away needs no more answer; the call is recorded as cancelled.
      abortSignal: request.signal,
      // A serverless function may be frozen when its response ends: the record goes first.
      onFinish: async () => void (await flush({ timeoutMs: 2_000 })),
    });
    return result.toTextStreamResponse();
  });
}
