import type { ComponentChildren } from "preact";

interface Props {
  readonly label: ComponentChildren;
  readonly children: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly class?: string;
}

/** One figure with its name. */
export function Figure({ label, children, note, class: extra = "" }: Props) {
  return (
    <div class={`figure ${extra}`}>
      <dt>{label}</dt>
      <dd class="figure-value">{children}</dd>
      {note && <dd class="figure-note">{note}</dd>}
    </div>
  );
}
