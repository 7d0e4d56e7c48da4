import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import type { Answer } from "../state/answer";
import { CoverageNote } from "./coverage-note";
import { ProblemBox } from "./problem-box";

interface Props<T> {
  readonly title: string;
  readonly answer: Answer<T>;
  /** What stands at the right of the title. */
  readonly tools?: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly class?: string;
  readonly children: (value: T) => ComponentChildren;
}

/** A part of a page with one answer in it: loading, failed, or there. */
export function Card<T>({ title, answer, tools, note, class: extra = "", children }: Props<T>) {
  const id = useId();
  const { value, problem, loading, again } = answer;
  return (
    <section class={`card ${extra}`} aria-labelledby={id} aria-busy={loading}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {tools && <div class="tools">{tools}</div>}
      </div>
      {note && <p class="note">{note}</p>}
      {problem && <ProblemBox problem={problem} again={again} />}
      <CoverageNote of={value} />
      {value !== undefined && <div class={loading ? "stale" : undefined}>{children(value)}</div>}
      {value === undefined && !problem && (
        <div class="skeleton" aria-label="Loading" role="status" />
      )}
    </section>
  );
}
