export type { ResponseFacts } from "./facts.js";
export { readResponse, ResponseReader } from "./reader.js";
