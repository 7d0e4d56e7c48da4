import { dayAt } from "../state/day";
import { type Question, type Span, spanChanges } from "../state/question";
import { go, here } from "../state/route";
import { Popover } from "./popover";

interface Props {
  readonly question: Question;
  readonly reportingZone: string;
}

/** The last days, this month, or any days. */
export function PeriodPicker({ question, reportingZone }: Props) {
  const { span, zone } = question;
  const today = dayAt(new Date(), zone || reportingZone);
  const month: Span = { kind: "month", month: today.slice(0, 7) };
  const choices: readonly (readonly [string, string, Span])[] = [
    ...[7, 30, 90, 365].map((days) => {
      return [`${days} d`, `The last ${days} days`, { kind: "days", days }] as const;
    }),
    ["Month", "This month", month],
  ];
  const preset = choices.some(([, , choice]) => same(choice, span));
  return (
    <div class="period">
      <div class="segments" role="group" aria-label="Period">
        {choices.map(([name, title, choice]) => (
          <a
            key={name}
            href={here(spanChanges(choice))}
            title={title}
            aria-label={`${name}: ${title.toLowerCase()}`}
            aria-current={same(choice, span) ? "true" : undefined}
          >
            {name}
          </a>
        ))}
      </div>
      <Popover label={preset ? "Other days" : nameOf(span)} title="Choose days" current={!preset}>
        {(close) => <DaysForm span={span} today={today} close={close} />}
      </Popover>
    </div>
  );
}

interface FormProps {
  readonly span: Span;
  readonly today: string;
  readonly close: () => void;
}

function DaysForm({ span, today, close }: FormProps) {
  const range = span.kind === "range" ? span : { from: `${today.slice(0, 7)}-01`, to: today };
  function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = [String(form.get("from")), String(form.get("to"))];
    if (from === "" || to === "") return;
    close();
    const [first, last] = from <= to ? [from, to] : [to, from];
    go(here(spanChanges({ kind: "range", from: first, to: last })));
  }
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>First day</span>
        <input type="date" name="from" required defaultValue={range.from} />
      </label>
      <label class="field">
        <span>Last day</span>
        <input type="date" name="to" required defaultValue={range.to} />
      </label>
      <button class="button primary" type="submit">
        Show
      </button>
    </form>
  );
}

function same(a: Span, b: Span): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function nameOf(span: Span): string {
  switch (span.kind) {
    case "days":
      return `${span.days} days`;
    case "month":
      return span.month;
    case "range":
      return span.from === span.to ? span.from : `${span.from} to ${span.to}`;
  }
}
