import { dark, theme } from "../state/theme";

/** Changes between light and dark. */
export function ThemeChoice() {
  const [now, next] = dark.value ? (["Dark", "light"] as const) : (["Light", "dark"] as const);
  return (
    <button
      class="button quiet theme"
      type="button"
      onClick={() => (theme.value = next)}
      aria-label={`${now}: change to ${next} colours`}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="currentColor" />
      </svg>
      <span>{now}</span>
    </button>
  );
}
