interface Props {
  readonly more: boolean;
  readonly loading: boolean;
  readonly onMore: () => void;
  /** How many are shown, in words. */
  readonly shown: string;
}

/** The end of a list, and the way to the next page of it. */
export function Pager({ more, loading, onMore, shown }: Props) {
  return (
    <div class="pager">
      <span class="muted" role="status">
        {shown}
      </span>
      {more && (
        <button class="button" type="button" onClick={onMore} disabled={loading}>
          {loading ? "Loading…" : "Load more"}
        </button>
      )}
    </div>
  );
}
