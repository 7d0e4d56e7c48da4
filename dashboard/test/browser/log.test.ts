import { AnalyticsService } from "proto/analytics_service_pb.js";
import { expect, test } from "vitest";

import { formatExact } from "../../src/format/number";
import { service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const period = { period: { case: "days" as const, value: 90 } };
const { method: analytics } = AnalyticsService;

test("the log grows page by page, in the service's order, to its end", async () => {
  await visit("/log?days=90&feature=search", async ({ page }) => {
    await settled(page);
    const filter = { features: ["search"] };
    const all = await call(service, analytics.listUsage, { period, filter, pageSize: 1000 });
    const rows = page.locator("tbody tr");
    expect(await rows.count()).toBe(50);
    const more = page.getByRole("button", { name: "Load more" });
    while (await more.isVisible()) {
      const before = await rows.count();
      await more.click();
      await expect.poll(() => rows.count()).toBeGreaterThan(before);
      await settled(page);
    }
    const links = await rows.locator("th a").evaluateAll((links) => {
      return links.map((link) =>
        new URL((link as HTMLAnchorElement).href).searchParams.get("record"),
      );
    });
    expect(links).toEqual(all.records.map(({ recordId }) => recordId));
    const costs = await rows.locator("td:last-child").evaluateAll((cells) => {
      return cells.map((cell) => cell.querySelector("data")?.value);
    });
    expect(costs).toEqual(all.records.map(({ cost }) => cost?.amount));
    await page.getByText(`${all.records.length} of ${all.records.length} calls`).waitFor();
  });
});

test("where no call matches, the page says so at once", async () => {
  await visit("/log?from=2026-01-01&to=2026-01-02&feature=nosuch", async ({ page }) => {
    await page.getByText("No calls match").waitFor();
    await settled(page);
    expect(await page.getByRole("table").count()).toBe(0);
    await page.getByRole("link", { name: "ask about the last year" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("?feature=nosuch&days=365");
    await page.getByText("No calls match").waitFor();
    await settled(page);
  });
});

test("pages without a call lead to those with one, and the first one's sums stay", async () => {
  await visit("/log?days=7", async ({ page }) => {
    await settled(page);
    const asked: string[] = [];
    await page.route("**/aiusage.v1.AnalyticsService/ListUsage", async (route) => {
      const { pageToken = "", ...rest } = route.request().postDataJSON() as { pageToken?: string };
      asked.push(pageToken);
      const answer = await route.fetch({ postData: JSON.stringify(rest) });
      const body = (await answer.json()) as object;
      const empty = { ...body, records: [], nextPageToken: `${asked.length}` };
      const found = { ...body, totals: undefined, nextPageToken: "" };
      await route.fulfill({ json: asked.length < 3 ? empty : found });
    });
    await page.getByRole("link", { name: "30 d: the last 30 days" }).click();
    const days = { period: { case: "days" as const, value: 30 } };
    const { totals } = await call(service, analytics.listUsage, { period: days });
    await page.getByText(`50 of ${totals!.requestCount} calls`).waitFor();
    expect(asked).toEqual(["", "1", "2"]);
    await settled(page);
  });
});

test("a search finds calls by their error, and failures say why", async () => {
  await visit("/log?days=90&failed=true", async ({ page }) => {
    await page.getByRole("table", { name: "Causes of failures" }).waitFor();
    const { causes } = await call(service, analytics.listFailures, { period });
    expect(await page.locator("table").first().locator("tbody th").allTextContents()).toEqual(
      causes.map(({ errorMessage }) => errorMessage),
    );
    await page.getByLabel("Search the log").fill("TOO LONG");
    await page.keyboard.press("Enter");
    await settled(page);
    const answer = await call(service, analytics.listUsage, {
      period,
      filter: { failed: true },
      search: "too long",
      pageSize: 50,
    });
    await expect
      .poll(() => page.getByRole("table", { name: "Calls" }).locator("tbody tr").count())
      .toBe(answer.records.length);
  });
});

test("a searched log comes as a file of what was found", async () => {
  await visit("/log?days=90&feature=chat&q=TOO%20LONG", async ({ page }) => {
    await settled(page);
    const link = page.getByRole("link", { name: "The log as CSV" });
    const address = new URL((await link.getAttribute("href")) ?? "", page.url());
    expect(JSON.parse(address.searchParams.get("request") ?? "")).toEqual({
      format: "EXPORT_FORMAT_CSV",
      usage: { period: { days: 90 }, filter: { features: ["chat"] }, search: "TOO LONG" },
    });
    const filter = { features: ["chat"] };
    const request = { period, filter, search: "TOO LONG", pageSize: 1000 };
    const { records } = await call(service, analytics.listUsage, request);
    expect(records.length).toBeGreaterThan(0);
    const file = await (await page.request.get(address.href)).text();
    const ids = records.map(({ recordId }) => recordId);
    const lines = file.trim().split(/\r?\n/);
    expect(lines.length - 1).toBe(ids.length);
    expect(ids.filter((id) => !file.includes(id))).toEqual([]);
  });
});

test("a call explains its cost line by line; Escape closes it and gives the focus back", async () => {
  await visit("/log?days=90&model=gpt-4o&feature=chat", async ({ page }) => {
    await settled(page);
    const { records } = await call(service, analytics.listUsage, {
      period,
      filter: { models: ["gpt-4o"], features: ["chat"] },
      pageSize: 50,
    });
    const index = records.findIndex(({ cachedResponse, cost }) => !cachedResponse && cost);
    const { recordId } = records[index]!;
    const link = page.locator("tbody tr").nth(index).locator("th a");
    await link.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("table", { name: "Lines of the cost" }).waitFor();
    const { explanation } = await call(service, analytics.getUsage, { recordId });
    const cells = await dialog.locator("tbody td:last-child").allTextContents();
    expect(cells).toEqual(explanation!.lines.map(({ cost }) => `$${formatExact(cost!.amount)}`));
    const sum = await dialog.locator(".lines-sum strong").textContent();
    expect(sum).toBe(`$${formatExact(explanation!.ownCost!.amount)}`);
    expect(await dialog.locator(".record-cost data").getAttribute("value")).toBe(
      records[index]!.cost!.amount,
    );
    await dialog.getByText('"route": "/ask"').waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    expect(await link.evaluate((link) => document.activeElement === link)).toBe(true);
    expect(new URL(page.url()).searchParams.has("record")).toBe(false);
  });
});

test("a call without a price says what to do", async () => {
  await visit("/log?days=90&unpriced=true", async ({ page }) => {
    await settled(page);
    await page.locator("tbody th a").first().click();
    await page.getByText("aiusage aliases add house-model").waitFor();
  });
});
