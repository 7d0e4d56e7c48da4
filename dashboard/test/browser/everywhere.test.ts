/** What holds on every page, in both colours and on a narrow screen. */
import { text } from "node:stream/consumers";

import { AnalyticsService } from "proto/analytics_service_pb.js";
import { describe, expect, test } from "vitest";

import { ZERO, add, compare, parse, print } from "../../src/format/decimal";
import { PATHS } from "../../src/pages/paths";
import { faults, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

/** Every page, and the views that a page has beside its first one. */
const VIEWS = [
  ...PATHS,
  "/?days=365",
  "/anomalies?sensitivity=100",
  "/savings?show=what-if",
  "/savings?show=what-if&try=openai/gpt-4o-mini&by=day",
  "/economics?cohorts=month",
  "/users?id=ada",
  "/jobs?id=nightly-1",
  "/log?failed=true",
  "/prices?show=unpriced",
  "/prices?of=anthropic&name=claude-sonnet-4-5",
  "/nowhere",
];

describe.each(VIEWS)("%s", (view) => {
  test.each(["light", "dark"] as const)(
    "has no serious fault for anybody, in %s",
    async (colours) => {
      await visit(
        view,
        async ({ page }) => {
          await settled(page);
          for (const summary of await page.locator("summary").all()) await summary.click();
          expect(await faults(page)).toEqual([]);
        },
        { colorScheme: colours },
      );
    },
  );

  test("fits 375 pixels", async () => {
    await visit(
      view,
      async ({ page }) => {
        await settled(page);
        const widths = await page.evaluate(() => {
          const wide = [...document.querySelectorAll("main *")].filter((one) => {
            const inside = one.closest(".scroll, pre, .u-wrap, .hidden, thead");
            return !inside && one.getBoundingClientRect().right > window.innerWidth;
          });
          return {
            page: document.documentElement.scrollWidth,
            wide: wide.map((one) => one.outerHTML),
          };
        });
        expect(widths).toEqual({ page: 375, wide: [] });
      },
      { viewport: { width: 375, height: 800 } },
    );
  });
});

test("an open call has no serious fault either", async () => {
  const { records } = await call(service, AnalyticsService.method.listUsage, { pageSize: 1 });
  await visit(`/log?record=${records[0]!.recordId}`, async ({ page }) => {
    await settled(page);
    await page.getByRole("dialog").getByText("Record id").waitFor();
    expect(await faults(page)).toEqual([]);
  });
});

test("signing in has no serious fault either", async () => {
  const options = { apiKey: "", viewport: { width: 375, height: 800 } };
  await visit(
    "/",
    async ({ page }) => {
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await faults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    },
    options,
  );
});

test("the keyboard alone leads past the menu, through it, and to other colours", async () => {
  await visit("/", async ({ page }) => {
    await settled(page);
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    await page.reload();
    await settled(page);
    for (let tabs = 0; tabs < 4; tabs += 1) await page.keyboard.press("Tab");
    expect(await focused()).toBe("Users");
    const outline = await page.evaluate(() => {
      return getComputedStyle(document.activeElement!).outlineStyle;
    });
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
    await settled(page);

    const colours = () => page.evaluate(() => document.documentElement.dataset["theme"]);
    expect(await colours()).toBe("light");
    await page.getByRole("button", { name: "Light: change to dark colours" }).press("Enter");
    expect(await colours()).toBe("dark");
    await page.reload();
    await settled(page);
    expect(await colours()).toBe("dark");
  });
});

test("a call that fails says what to do, and tries again", async () => {
  await visit("/users", async ({ page, complaints }) => {
    await settled(page);
    const path = "**/aiusage.v1.AnalyticsService/ListTopUsers";
    await page.route(path, (route) => route.abort());
    await page.getByRole("link", { name: "7 d: the last 7 days" }).click();
    await page.getByText("Is the service running?").waitFor();
    await page.unroute(path);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("table", { name: "Users by cost" }).waitFor();
    await settled(page);
    complaints.splice(0);
  });
});

test("what a page cannot draw is told in its place; the menu and other addresses work", async () => {
  await visit("/log", async ({ page, complaints }) => {
    await settled(page);
    const path = "**/aiusage.v1.AnalyticsService/ListUsage";
    await page.route(path, async (route) => {
      const body = (await (await route.fetch()).json()) as { totals?: object };
      const totals = { ...body.totals, cost: { amount: "much" } };
      await route.fulfill({ json: { ...body, totals } });
    });
    await page.getByRole("link", { name: "7 d: the last 7 days" }).click();
    await page.getByRole("heading", { name: "This page could not be shown" }).waitFor();
    await page.getByText("not a decimal number: much").waitFor();
    expect(await faults(page)).toEqual([]);
    // It is told to who looks into it, too.
    expect(complaints.splice(0).join()).toContain("not a decimal number: much");
    await page.unroute(path);
    await page.getByRole("link", { name: "Open it without filters" }).click();
    await page.getByRole("heading", { level: 1, name: "Log" }).waitFor();
    await settled(page);
  });
});

test("a key that ends leads back to signing in", async () => {
  await visit("/users", async ({ page, complaints }) => {
    await settled(page);
    await page.context().clearCookies();
    await page.getByRole("link", { name: "7 d: the last 7 days" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    complaints.splice(0);
  });
});

test("the log comes as a file that adds up to what the page says", async () => {
  await visit("/log?days=90&user=ada", async ({ page }) => {
    await settled(page);
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: "The log as CSV" }).click();
    const file = await (await coming).createReadStream();
    const [head = "", ...lines] = (await text(file)).trim().split(/\r?\n/);
    // No figure is quoted, and so commas within quotes are texts'.
    const cells = (line: string) => line.replaceAll(/"(?:[^"]|"")*"/g, "text").split(",");
    const column = cells(head).indexOf("cost");
    const costs = lines.map((line) => cells(line)[column] || "0");
    const { totals } = await call(service, AnalyticsService.method.listUsage, {
      period: { period: { case: "days", value: 90 } },
      filter: { userIds: ["ada"] },
    });
    expect(BigInt(lines.length)).toBe(totals!.requestCount);
    const sum = costs.map(parse).reduce(add, ZERO);
    expect(compare(sum, parse(totals!.cost!.amount)), print(sum)).toBe(0);
  });
});

test("files are asked for with the page's own question", async () => {
  await visit("/log?days=7&feature=chat", async ({ page }) => {
    await settled(page);
    const link = page.getByRole("link", { name: "The log as CSV" });
    const address = new URL((await link.getAttribute("href")) ?? "", page.url());
    expect(address.pathname).toBe("/export");
    const request: unknown = JSON.parse(address.searchParams.get("request") ?? "");
    expect(request).toEqual({
      format: "EXPORT_FORMAT_CSV",
      usage: { period: { days: 7 }, filter: { features: ["chat"] } },
    });
  });
});
