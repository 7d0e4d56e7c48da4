interface Props {
  readonly status: string;
  readonly cached: boolean;
}

/** How a call ended. */
export function StatusBadge({ status, cached }: Props) {
  const failed = status !== "success";
  return (
    <span class="badges">
      <span class={failed ? "badge bad" : "badge good"}>{failed ? status : "success"}</span>
      {cached && <span class="badge accent">cache</span>}
    </span>
  );
}
