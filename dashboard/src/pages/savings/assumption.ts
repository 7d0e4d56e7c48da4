/** What a simulation assumes, as the address holds it. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SimulateCostRequestSchema } from "proto/analytics_service_pb.js";

import { readTag } from "../../state/question";

export const MODELS_MAX = 8;

export interface Assumption {
  /** "openai/gpt-4o-mini" each. */
  readonly models: readonly string[];
  /** Percent of the input; 0: as it was. */
  readonly caching: number;
  /** "processing=batch" each. */
  readonly terms: readonly string[];
}

export function readAssumption(params: URLSearchParams): Assumption {
  const caching = Number(params.get("caching") ?? "");
  const fits = Number.isInteger(caching) && caching >= 1 && caching <= 100;
  return {
    models: [...new Set(params.getAll("try"))].filter(isModel).slice(0, MODELS_MAX),
    caching: fits ? caching : 0,
    terms: params.getAll("terms").filter(isTerm),
  };
}

/** Whether there is anything to be tried. */
export function isAnything({ models, caching, terms }: Assumption): boolean {
  return models.length > 0 || caching > 0 || terms.length > 0;
}

/** A provider, which may be empty, and a model. */
export function isModel(text: string): boolean {
  return /^[^/]*\/.+$/.test(text);
}

export function isTerm(text: string): boolean {
  return /^[^=]+=.+$/.test(text);
}

/** The part of a request that says what is assumed. */
export function toRequest({ models, caching, terms }: Assumption): Assumed {
  return {
    models: models.map((text) => {
      const [provider = "", ...model] = text.split("/");
      return { provider, model: model.join("/") };
    }),
    promptCachingPercent: caching,
    priceContext: Object.fromEntries(terms.map(readTag)),
  };
}

export type Assumed = Pick<
  Extract<MessageInitShape<typeof SimulateCostRequestSchema>, { models?: unknown }>,
  "models" | "promptCachingPercent" | "priceContext"
>;
