import type { ComponentChildren } from "preact";

interface Props {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The name of a page, and the controls of its question. */
export function PageHead({ title, lead, children }: Props) {
  return (
    <div class="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p class="muted">{lead}</p>}
      </div>
      {children}
    </div>
  );
}
