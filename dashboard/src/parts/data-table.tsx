import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly title: string;
  /** Says more of the title to who points at it. */
  readonly hint?: string;
  /** The cells speak for themselves: the title is for who does not see them. */
  readonly untitled?: boolean;
  /** Figures stand at the right, so that their digits do below each other. */
  readonly figure?: boolean;
  /** Says which row it is. */
  readonly head?: boolean;
  readonly render: (row: Row) => ComponentChildren;
}

interface Props<Row> {
  /** What the table is of, for who does not see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** The last line, set apart. */
  readonly foot?: Row | undefined;
  readonly current?: (row: Row) => boolean;
  /** Few and short columns: stays a table on a narrow screen. */
  readonly slim?: boolean;
}

/** A table; on a narrow screen each row is a card. The roles keep it a table there. */
export function DataTable<Row>({ caption, columns, rows, keyOf, foot, current, slim }: Props<Row>) {
  const line = (row: Row) =>
    columns.map((column) => <Cell key={column.title} column={column} row={row} />);
  return (
    <table class={slim ? "data slim" : "data cards"} role="table" aria-label={caption}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, hint, untitled, figure }) => (
            <th
              key={title}
              scope="col"
              role="columnheader"
              class={figure ? "figures" : undefined}
              title={hint}
            >
              {untitled ? <span class="hidden">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" class={current?.(row) ? "current" : undefined}>
            {line(row)}
          </tr>
        ))}
      </tbody>
      {foot !== undefined && (
        <tfoot role="rowgroup">
          <tr role="row">{line(foot)}</tr>
        </tfoot>
      )}
    </table>
  );
}

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const { title, untitled, figure, head, render } = column;
  const label = untitled ? undefined : title;
  const props = { class: figure ? "figures" : undefined, "data-label": label };
  if (head) {
    return (
      <th scope="row" role="rowheader" {...props}>
        {render(row)}
      </th>
    );
  }
  return (
    <td role="cell" {...props}>
      {render(row)}
    </td>
  );
}
