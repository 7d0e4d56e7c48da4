export function Brand() {
  return (
    <span class="brand">
      <img src="/icon.svg" alt="" width="24" height="24" />
      aiusage
    </span>
  );
}
