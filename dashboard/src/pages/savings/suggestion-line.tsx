import { type Suggestion, SuggestionKind } from "proto/analytics_service_pb.js";

import { parse, percent, print } from "../../format/decimal";
import { formatPlural } from "../../format/number";
import { formatPercent } from "../../format/percent";
import { Cost } from "../../parts/cost";
import { address } from "../../state/address";
import { readQuestion, sharedOf, withCondition } from "../../state/question";
import { here, place } from "../../state/route";

/** One suggestion: what to do, what it would have saved, and the way to look closer. */
export function SuggestionLine({ suggestion }: { readonly suggestion: Suggestion }) {
  const { kind, cost, simulatedCost, savings, requestCount, explanation } = suggestion;
  const known = kind !== SuggestionKind.UNPRICED;
  return (
    <article class="suggestion">
      <div class="suggestion-text">
        <h3>
          {titleOf(suggestion)} <span class="badge">{BADGES[kind]}</span>
        </h3>
        <p>{explanation}</p>
        <p>
          <a href={actionOf(suggestion)}>{ACTIONS[kind]}</a>
        </p>
      </div>
      <dl class="suggestion-figures">
        <dt>{known ? "Would have saved" : "Not in any sum"}</dt>
        <dd class="suggestion-savings">{known ? <Cost money={savings} /> : "?"}</dd>
        <dd class="muted">
          {known && (
            <>
              {formatPercent(shareOf(suggestion))} of <Cost money={cost} />
              {kind !== SuggestionKind.FAILURES && (
                <>
                  {" "}
                  → <Cost money={simulatedCost} />
                </>
              )}
              {" · "}
            </>
          )}
          {formatPlural(requestCount, "call")}
        </dd>
      </dl>
    </article>
  );
}

function shareOf({ savings, cost }: Suggestion): string {
  const share = percent(parse(savings?.amount ?? "0"), parse(cost?.amount ?? "0"), 4);
  return share ? print(share) : "";
}

type Texts = Readonly<Record<SuggestionKind, string>>;

const BADGES: Texts = {
  [SuggestionKind.UNSPECIFIED]: "other",
  [SuggestionKind.CHEAPER_MODEL]: "cheaper model",
  [SuggestionKind.PROMPT_CACHING]: "prompt caching",
  [SuggestionKind.BATCH]: "batch price",
  [SuggestionKind.FAILURES]: "failed calls",
  [SuggestionKind.UNPRICED]: "no price",
};

const ACTIONS: Texts = {
  [SuggestionKind.UNSPECIFIED]: "See the calls",
  [SuggestionKind.CHEAPER_MODEL]: "Try it, and other models",
  [SuggestionKind.PROMPT_CACHING]: "Try how much caching saves",
  [SuggestionKind.BATCH]: "Try the batch price",
  [SuggestionKind.FAILURES]: "See what failed",
  [SuggestionKind.UNPRICED]: "Give it a price",
};

function titleOf({ kind, feature, model, suggestedModel }: Suggestion): string {
  const where = feature || "calls without a feature";
  switch (kind) {
    case SuggestionKind.CHEAPER_MODEL:
      return `${where}: ${suggestedModel} in place of ${model}`;
    case SuggestionKind.FAILURES:
      return where;
    case SuggestionKind.UNPRICED:
      return model;
    default:
      return `${where}: ${model}`;
  }
}

/** The share that the service assumes to be cached. */
const CACHED_PERCENT = "50";

/** The calls that a suggestion is about. */
function scopeOf({ feature, provider, model }: Suggestion) {
  const question = readQuestion(place.value.params);
  return {
    ...withCondition(question, "feature", feature),
    feature: [feature],
    ...(provider ? { provider: [provider] } : {}),
    ...(model ? { model: [model] } : {}),
  };
}

function actionOf(suggestion: Suggestion): string {
  const { kind, provider, suggestedModel } = suggestion;
  const none = { try: undefined, caching: undefined, terms: undefined, by: undefined };
  const whatIf = { ...none, ...scopeOf(suggestion), show: "what-if" };
  switch (kind) {
    case SuggestionKind.CHEAPER_MODEL:
      return here({ ...whatIf, try: [`${provider}/${suggestedModel}`] });
    case SuggestionKind.PROMPT_CACHING:
      return here({ ...whatIf, caching: CACHED_PERCENT });
    case SuggestionKind.BATCH:
      return here({ ...whatIf, terms: ["processing=batch"] });
    case SuggestionKind.UNPRICED:
      return "/prices?show=unpriced";
    default: {
      const failed = { ...scopeOf(suggestion), failed: "true" };
      return address("/log", sharedOf(place.value.params), failed);
    }
  }
}
