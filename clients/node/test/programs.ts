/** Programs that use the package, run as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Program {
  readonly process: ChildProcess;
  /** What it has written. */
  output(): string;
  /** Resolves when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Runs a module, with `imports` of the package at hand. */
export function program(text: string, env: Record<string, string> = {}): Program {
  const header = `import * as aiusage from "aiusage";\nimport fs from "node:fs";\n`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", header + text], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return { process: child, output: () => output, ended };
}

/** Runs a module to its end, which must be a good one. */
export async function runProgram(text: string, env: Record<string, string> = {}): Promise<string> {
  const running = program(text, env);
  const code = await running.ended;
  if (code !== 0) throw new Error(`ended with ${code}:\n${running.output()}`);
  return running.output();
}
