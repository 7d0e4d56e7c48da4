import { changeOf, formatChange } from "../format/percent";

interface Props {
  readonly now: string;
  readonly before: string;
  /** What `before` is, such as "the 30 days before". */
  readonly than: string;
}

/** How far a figure has moved, with an arrow as well as a sign. */
export function Change({ now, before, than }: Props) {
  const change = changeOf(now, before);
  if (!change) return <span class="muted">nothing in {than}</span>;
  const direction = change.digits > 0n ? "up" : change.digits < 0n ? "down" : "same";
  return (
    <span class={`change ${direction}`}>
      <span aria-hidden="true">{ARROWS[direction]}</span> {formatChange(change)}
      <span class="muted"> on {than}</span>
    </span>
  );
}

const ARROWS = { up: "▲", down: "▼", same: "=" } as const;
