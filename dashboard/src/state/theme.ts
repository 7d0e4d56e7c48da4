/** Light or dark: the system's choice, until the reader makes one. */
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "aiusage.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = signal<Theme>(stored());
/** Whether it is dark now, whoever chose so. */
export const dark = signal(false);

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "system" && system.matches);
}

/** Keeps the page's colours with the choice. */
export function applyTheme(): void {
  effect(() => {
    if (theme.value === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme.value);
    document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
    dark.value = isDark();
  });
  system.addEventListener("change", () => {
    document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
    dark.value = isDark();
  });
}
