import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 20_000;

/** Resolves when the condition holds, and fails when it does not for long. */
export async function until(condition: () => unknown): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error(`never came true: ${condition}`);
    await sleep(10);
  }
}
