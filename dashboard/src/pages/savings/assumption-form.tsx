import { useState } from "preact/hooks";

import { prices } from "../../api/services";
import { useAnswer } from "../../state/answer";
import { go, here } from "../../state/route";
import { type Assumption, MODELS_MAX, isModel, isTerm } from "./assumption";

/** What to try: models, a share of prompt caching, terms of the price. */
export function AssumptionForm({ assumption }: { readonly assumption: Assumption }) {
  const [models, setModels] = useState(assumption.models);
  const [model, setModel] = useState("");
  const [caching, setCaching] = useState(assumption.caching === 0 ? "" : `${assumption.caching}`);
  const [terms, setTerms] = useState(assumption.terms.join(", "));
  const [tried, setTried] = useState(false);
  const typed = model.trim();
  const chosen = isModel(typed) ? [...new Set([...models, typed])] : models;
  const given = terms.split(",").map((term) => term.trim());
  const wrong = problemOf(typed, chosen.length, given);

  function submit(event: Event) {
    event.preventDefault();
    setTried(true);
    if (wrong !== "") return;
    const share = Math.min(100, Math.max(0, Math.trunc(Number(caching))));
    go(
      here({
        try: chosen,
        caching: share > 0 ? share.toString() : undefined,
        terms: given.filter(isTerm),
      }),
    );
  }

  return (
    <form class="card assumption" onSubmit={submit} aria-label="What to try">
      <div class="assumption-fields">
        <label class="field assumption-model">
          <span>Model, with its provider</span>
          <input
            list="known-models"
            placeholder="openai/gpt-4o-mini"
            autocomplete="off"
            maxLength={512}
            value={model}
            onInput={(event) => setModel(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Prompt caching, % of the input</span>
          <input
            type="number"
            min="0"
            max="100"
            step="1"
            placeholder="as it was"
            value={caching}
            onInput={(event) => setCaching(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Terms of the price</span>
          <input
            list="known-terms"
            placeholder="as they were"
            autocomplete="off"
            value={terms}
            onInput={(event) => setTerms(event.currentTarget.value)}
          />
        </label>
        <button class="button primary" type="submit">
          Price it
        </button>
      </div>
      <p class="field-problem" role="status">
        {tried && wrong}
      </p>
      {models.length > 0 && (
        <ul class="chips" aria-label="Models to try">
          {models.map((one) => (
            <li key={one} class="chip">
              {one}
              <a
                href={here({ try: models.filter((other) => other !== one) })}
                onClick={() => setModels(models.filter((other) => other !== one))}
                aria-label={`Do not try ${one}`}
              >
                <span aria-hidden="true">×</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      <KnownModels typed={typed} />
      <datalist id="known-terms">
        {TERMS.map((term) => (
          <option key={term} value={term} />
        ))}
      </datalist>
    </form>
  );
}

/** Terms that price lists have. */
const TERMS = ["processing=batch", "service_tier=flex", "service_tier=priority"];

function problemOf(typed: string, count: number, terms: readonly string[]): string {
  if (typed !== "" && !isModel(typed)) {
    return "Write the provider before the model, such as openai/gpt-4o-mini.";
  }
  if (count > MODELS_MAX) return `At most ${MODELS_MAX} models are tried at once.`;
  if (terms.some((term) => term !== "" && !isTerm(term))) {
    return "Terms are pairs such as processing=batch, with commas between them.";
  }
  return "";
}

const KNOWN_MAX = 40;

/** Models of the price list whose name has what was typed. */
function KnownModels({ typed }: { readonly typed: string }) {
  const [provider, model] = typed.includes("/") ? split(typed) : ["", typed];
  const { value } = useAnswer(`${provider}/${model}`, async (signal) => {
    const request = { provider, modelContains: model, pageSize: KNOWN_MAX };
    return (await prices.listPrices(request, { signal })).prices;
  });
  return (
    <datalist id="known-models">
      {value?.map(({ provider, model }) => (
        <option key={`${provider}/${model}`} value={`${provider}/${model}`} />
      ))}
    </datalist>
  );
}

function split(text: string): [string, string] {
  const at = text.indexOf("/");
  return [text.slice(0, at), text.slice(at + 1)];
}
