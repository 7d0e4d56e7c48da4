// A chat over HTTP whose every AI call is known: what it cost, and who caused it.
import { Client, close, instrument, withContext } from "aiusage";
import express from "express";
import OpenAI from "openai";

const openai = instrument(new OpenAI(), { provider: "openai", includeUsage: true });
const usage = new Client();
const app = express();
app.use(express.json());

// All that a request causes is recorded under its user. Your authentication knows who it
// is; here the browser is simply believed.
app.use((request, _response, next) => {
  const userId = request.get("x-user-id") ?? "anonymous";
  const sessionId = request.get("x-session-id");
  withContext({ userId, sessionId, feature: request.path.slice(1) }, next);
});

app.post("/chat", async (request, response) => {
  if (!(await isAllowed(request.get("x-user-id") ?? "anonymous"))) {
    response.status(402).send("You have used up your allowance of this month.");
    return;
  }
  const messages = [{ role: "user", content: request.body.question }];
  const stream = await openai.chat.completions.create({ model: "gpt-4o", messages, stream: true });
  // A reader who goes away needs no more answer; the call is recorded as cancelled.
  response.on("close", () => stream.controller.abort());
  if (response.destroyed) stream.controller.abort();
  for await (const chunk of stream) response.write(chunk.choices[0]?.delta.content ?? "");
  response.end();
});

/** While the service is away, nobody is refused. */
async function isAllowed(userId) {
  try {
    // USD in this month.
    const { allowed } = await usage.checkBudget(userId, { limit: "5", timeoutMs: 1_000 });
    return allowed;
  } catch (error) {
    console.warn(`the budget of ${userId} is not known: ${error}`);
    return true;
  }
}

app.get("/cost", async (request, response) => {
  const { totals } = await usage.getUserCost(request.get("x-user-id") ?? "anonymous");
  response.json({ cost: totals.cost.amount, calls: Number(totals.requestCount) });
});

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on port ${server.address().port}`);
});

// What was recorded is sent before the program ends.
process.once("SIGTERM", () => {
  server.close(async () => {
    await close();
    usage.close();
  });
});
