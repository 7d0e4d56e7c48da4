/** A browser that is signed in, and hears every complaint of the pages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";

import type { Service } from "./call";

export const service: Service = { address: inject("address"), apiKey: inject("apiKey") };

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;

/** Opens a browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      // The sandbox wants rights that a container's root lacks; only our own pages are shown.
      args: ["--no-sandbox"],
    });
  });
  afterAll(() => browser.close());
}

export interface Visit {
  readonly page: Page;
  /** What the pages complained about so far. */
  readonly complaints: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** The key to sign in with; empty: nobody signs in. */
  readonly apiKey?: string;
  /** The service to visit, if it is another one. */
  readonly address?: string;
}

/** Does something as a visitor, and then expects that no page complained. */
export async function visit(
  path: string,
  act: (visit: Visit) => Promise<void>,
  { apiKey = service.apiKey, address = service.address, ...options }: VisitOptions = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
    ...options,
  });
  try {
    if (apiKey !== "") {
      const answer = await context.request.post(`${address}/session`, {
        data: { key: apiKey },
      });
      expect(answer.status()).toBe(200);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(address + path);
    await act({ page, complaints });
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Waits until nothing on the page is being asked for. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(
    () => !document.querySelector('[aria-busy="true"], .skeleton, .starting'),
  );
}

/** The exact figures that an element and its children stand for. */
export function exactFigures(page: Page, selector: string): Promise<string[]> {
  return page
    .locator(`${selector} data`)
    .evaluateAll((all) => all.map((one) => (one as HTMLDataElement).value));
}

/** What axe finds that keeps people out. */
export async function faults(page: Page): Promise<string[]> {
  // The policy of the page lets no script in by a tag; this way is the debugger's.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<Findings> } };
    const { violations } = await axe.run();
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
    interface Findings {
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    }
  });
}
