export { type AiusageMiddleware, aiusageMiddleware } from "./ai-sdk.js";
export { instrument } from "./instrument.js";
export type { InstrumentOptions } from "./options.js";
