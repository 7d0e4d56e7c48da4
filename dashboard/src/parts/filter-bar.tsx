import { useState } from "preact/hooks";
import { Dimension } from "proto/analytics_pb.js";

import { analytics } from "../api/services";
import { useAnswer } from "../state/answer";
import {
  type Condition,
  FILTERS,
  FLAGS,
  type Question,
  conditionsOf,
  withCondition,
  withoutCondition,
} from "../state/question";
import { go, here } from "../state/route";
import { Popover } from "./popover";
import { UserName } from "./user-link";

/** The conditions that are set, each with a way to take it away, and one to add another. */
export function FilterBar({ question }: { readonly question: Question }) {
  const conditions = conditionsOf(question);
  return (
    <div class="filters">
      {conditions.length > 0 && (
        <ul class="chips" aria-label="Filters">
          {conditions.map((condition) => (
            <li key={`${condition.param}=${condition.value}`}>
              <Chip question={question} condition={condition} />
            </li>
          ))}
        </ul>
      )}
      <Popover label="Filter" title="Add a filter">
        {(close) => <FilterForm question={question} close={close} />}
      </Popover>
      {conditions.length > 1 && <a href={here(cleared(conditions))}>Clear</a>}
    </div>
  );
}

function cleared(conditions: readonly Condition[]) {
  return Object.fromEntries(conditions.map(({ param }) => [param, undefined]));
}

function Chip({ question, condition }: { question: Question; condition: Condition }) {
  const { label } = condition;
  const flag = FLAGS.some(({ param }) => param === condition.param);
  const value = flag ? (condition.value === "true" ? "yes" : "no") : condition.value || "(none)";
  const named = condition.param === "user" && condition.value !== "";
  return (
    <span class="chip">
      <span class="muted">{label}</span> {named ? <UserName userId={value} /> : value}
      <a
        href={here(withoutCondition(question, condition))}
        aria-label={`Remove the filter ${label} ${value}`}
      >
        <span aria-hidden="true">×</span>
      </a>
    </span>
  );
}

const CHOICES = [
  ...FILTERS.map(({ param, label }) => [param, label] as const),
  ["tag", "Tag"] as const,
  ...FLAGS.map(({ param, label }) => [param, label] as const),
];

/** What the service can list the values of. */
const DIMENSIONS: Readonly<Record<string, Dimension>> = {
  feature: Dimension.FEATURE,
  function: Dimension.FUNCTION,
  provider: Dimension.PROVIDER,
  model: Dimension.MODEL,
  status: Dimension.STATUS,
  user: Dimension.USER,
};

function FilterForm({ question, close }: { question: Question; close: () => void }) {
  const [param, setParam] = useState("feature");
  const [value, setValue] = useState("");
  const flag = FLAGS.some((one) => one.param === param);
  const filled = flag || (param === "tag" ? /^[^=]+=/.test(value) : true);
  function submit(event: Event) {
    event.preventDefault();
    if (!filled) return;
    close();
    go(here(flag ? { [param]: value || "true" } : withCondition(question, param, value.trim())));
  }
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>What</span>
        <select
          value={param}
          onChange={(event) => {
            setParam(event.currentTarget.value);
            setValue("");
          }}
        >
          {CHOICES.map(([choice, label]) => (
            <option key={choice} value={choice}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{param === "tag" ? "key=value" : "is"}</span>
        {flag ? (
          <select value={value} onChange={(event) => setValue(event.currentTarget.value)}>
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
        ) : (
          <input
            list="filter-values"
            value={value}
            maxLength={256}
            autocomplete="off"
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        )}
      </label>
      <Values param={param} />
      <button class="button primary" type="submit" disabled={!filled}>
        Add
      </button>
    </form>
  );
}

/** The values that were used most in the last 90 days, to choose from. */
function Values({ param }: { readonly param: string }) {
  const dimension = DIMENSIONS[param];
  const answer = useAnswer(param, async (signal) => {
    if (dimension === undefined) return [];
    const period = { period: { case: "days" as const, value: 90 } };
    const request = { period, dimensions: [dimension], top: 100 };
    const { rows } = await analytics.getBreakdown(request, { signal });
    return rows.map(({ keys, displayNames }) => [keys[0] ?? "", displayNames[0] ?? ""] as const);
  });
  return (
    <datalist id="filter-values">
      {answer.value?.map(([value, name]) => (
        <option key={value} value={value} label={name || undefined} />
      ))}
    </datalist>
  );
}
