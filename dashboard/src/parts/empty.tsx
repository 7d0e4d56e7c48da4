import type { ComponentChildren } from "preact";

interface Props {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** In place of a figure or a list that has nothing to show: what to do next. */
export function Empty({ title, children }: Props) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
