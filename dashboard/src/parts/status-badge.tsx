interface Props {
  readonly status: string;
  readonly cached: boolean;
}

/** How a call ended. What went well is no news. */
export function StatusBadge({ status, cached }: Props) {
  return (
    <span class="badges">
      {status === "success" ? (
        <span class="muted">success</span>
      ) : (
        <span class="badge bad">{status}</span>
      )}
      {cached && <span class="badge accent">cache</span>}
    </span>
  );
}
