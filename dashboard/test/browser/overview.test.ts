import { fromJson } from "@bufbuild/protobuf";
import { Dimension } from "proto/analytics_pb.js";
import { AnalyticsService, Interval } from "proto/analytics_service_pb.js";
import { UsageService } from "proto/usage_service_pb.js";
import { expect, test } from "vitest";

import { ZERO, add, compare, parse, print } from "../../src/format/decimal";
import { formatMoney } from "../../src/format/money";
import { formatBriefCount, formatCount } from "../../src/format/number";
import { formatPercent } from "../../src/format/percent";
import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const period = { period: { case: "days" as const, value: 30 } };
const { method: analytics } = AnalyticsService;

test("the figures are those of the service", async () => {
  await visit("/", async ({ page }) => {
    await settled(page);
    // A forecast changes with every moment: the page's own one counts.
    const [forecast] = await Promise.all([
      page.waitForResponse("**/aiusage.v1.AnalyticsService/GetForecast"),
      page.reload(),
    ]);
    const { expected, spent } = fromJson(analytics.getForecast.output, await forecast.json());
    await settled(page);
    const { current, today, yesterday } = await call(service, analytics.getStats, { period });
    const { windows } = await call(service, UsageService.method.getCau, { days: [7, 30, 90] });
    const now = await call(service, analytics.getForecast, {});
    expect(spent).toEqual(now.spent);
    const amounts = await exactFigures(page, ".head-figures");
    const [week, month, quarter] = windows.map(
      ({ costPerActiveUser }) => costPerActiveUser?.amount,
    );
    const { cost, requestCount, inputTokens, outputTokens } = current!.totals!;
    for (const amount of [cost, today?.totals?.cost, yesterday?.totals?.cost, expected]) {
      expect(amounts).toContain(amount!.amount);
    }
    for (const amount of [week, month, quarter]) expect(amounts).toContain(amount);

    const figures = page.locator(".head-figures");
    await expect.poll(() => figures.textContent()).toContain(formatMoney(cost!.amount));
    const text = (await figures.textContent()) ?? "";
    expect(text).toContain(formatBriefCount(requestCount));
    expect(text).toContain(formatBriefCount(inputTokens + outputTokens));

    const quality = page.getByRole("region", { name: "Reliability" });
    expect(await quality.textContent()).toContain(formatPercent(current!.successPercent, 2));
    const caching = page.getByRole("region", { name: "Caching" });
    expect(await caching.textContent()).toContain(formatPercent(current!.cacheHitPercent));
    expect(await page.locator(".warning").textContent()).toContain(
      formatCount(current!.totals!.unpricedCount),
    );
  });
});

test("the chart's table has every step, and adds up to the total", async () => {
  await visit("/?split=model", async ({ page }) => {
    await settled(page);
    const { series, totals, stepNames } = await call(service, analytics.getTimeSeries, {
      period,
      interval: Interval.DAY,
      splitBy: Dimension.MODEL,
      top: 8,
    });
    await page.getByText("Show as a table").click();
    const rows = page.locator(".chart-table tbody tr");
    await expect.poll(() => rows.count()).toBe(stepNames.length);
    const last = await exactFigures(page, ".chart-table tbody tr:first-child td:last-child");
    const ofLastDay = series.map(({ points }) => parse(points.at(-1)!.cost!.amount));
    expect(compare(parse(last[0]!), ofLastDay.reduce(add, ZERO))).toBe(0);
    const steps = await exactFigures(page, ".chart-table tbody td:last-child");
    const sum = steps.map(parse).reduce(add, ZERO);
    expect(compare(sum, parse(totals!.cost!.amount)), print(sum)).toBe(0);
    const legend = await exactFigures(page, ".legend");
    expect(legend).toEqual(series.map(({ totals }) => totals!.cost!.amount));
  });
});

test("tables of users and features are those of the service", async () => {
  await visit("/", async ({ page }) => {
    await settled(page);
    const { users } = await call(service, analytics.listTopUsers, { period, top: 8 });
    const top = page.getByRole("table", { name: "Users by cost" });
    expect(await top.locator("tbody th").allTextContents()).toEqual(
      users.map(({ userId, displayName }) => displayName || userId),
    );
    const costs = await top.locator("data").evaluateAll((all) => {
      return all.map((one) => (one as HTMLDataElement).value);
    });
    expect(costs).toEqual(users.map(({ totals }) => totals!.cost!.amount));

    const { rows, totals } = await call(service, analytics.getBreakdown, {
      period,
      dimensions: [Dimension.FEATURE],
      top: 8,
    });
    const features = page.getByRole("table", { name: "Cost by feature" });
    expect(await features.locator("tbody th").allTextContents()).toEqual(
      rows.map(({ keys }) => keys[0]),
    );
    expect(await features.locator("tfoot .cost").getAttribute("value")).toBe(totals!.cost!.amount);
  });
});

test("the question lies in the address: shared, kept from page to page, undone by back", async () => {
  await visit("/?days=90&zone=Asia/Kathmandu", async ({ page }) => {
    await settled(page);
    await page.getByRole("link", { name: "7 d: the last 7 days" }).click();
    await expect.poll(() => new URL(page.url()).search).toContain("days=7");
    await page.getByRole("group", { name: "Split by" }).getByText("Provider").click();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("dialog").getByLabel("is").fill("chat");
    await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
    await page.getByRole("list", { name: "Filters" }).getByText("chat").waitFor();
    await settled(page);
    const { current } = await call(service, analytics.getStats, {
      period: { period: { case: "days", value: 7 }, timeZone: "Asia/Kathmandu" },
      filter: { features: ["chat"] },
    });
    await expect
      .poll(() => page.locator(".head-figures .lead .cost").getAttribute("value"))
      .toBe(current!.totals!.cost!.amount);

    await page.getByRole("link", { name: "Log", exact: true }).click();
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({
      days: "7",
      zone: "Asia/Kathmandu",
      feature: "chat",
    });
    for (let steps = 0; steps < 4; steps += 1) await page.goBack();
    await expect.poll(() => new URL(page.url()).search).toBe("?days=90&zone=Asia/Kathmandu");
    await settled(page);
  });
});

test("a time or a zone that nobody knows is told, and what is shown in its place", async () => {
  await visit("/?zone=Mars/X&from=2026-11-10&to=2026-11-01", async ({ page }) => {
    await settled(page);
    const note = page.locator(".question-faults");
    expect(await note.locator("p").allTextContents()).toEqual([
      "The first day, 2026-11-10, is after the last, 2026-11-01. Shown instead: the last 30 days.",
      "This browser knows no time zone “Mars/X”. Days are those of UTC.",
    ]);
    const { current } = await call(service, analytics.getStats, { period });
    const spent = page.locator(".head-figures .lead .cost");
    expect(await spent.getAttribute("value")).toBe(current!.totals!.cost!.amount);
    await page.getByRole("link", { name: "7 d: the last 7 days" }).click();
    await page.getByText("is after the last").waitFor({ state: "detached" });
    await page.getByLabel("Time zone of days").selectOption("UTC");
    await expect.poll(() => note.count()).toBe(0);
    await settled(page);
  });
});

test("a reporting zone that the browser does not know is told, and days are UTC's", async () => {
  await visit("/keys", async ({ page }) => {
    await settled(page);
    await page.route("**/session", async (route) => {
      const session = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...session, timeZone: "Mars/Reports" } });
    });
    await page.goto(`${service.address}/log?from=2026-11-01&to=2026-11-02`);
    await page.getByText("does not know Mars/Reports, the time zone of your reports").waitFor();
    await settled(page);
    const [asked] = await Promise.all([
      page.waitForRequest("**/aiusage.v1.AnalyticsService/ListUsage"),
      page.getByRole("link", { name: "7 d: the last 7 days" }).click(),
    ]);
    expect(asked.postDataJSON()).toMatchObject({ period: { days: 7, timeZone: "UTC" } });
    await settled(page);
  });
});

test("names below a chart of hours do not run into each other", async () => {
  await visit("/keys", async ({ page }) => {
    await page.addInitScript(() => {
      const drawn: Drawn[] = [];
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
        const { width } = this.measureText(text);
        drawn.push({ text, y, left: x - width / 2, right: x + width / 2 });
        fillText.call(this, text, x, y, ...rest);
      };
      Object.assign(window, { drawn });
      interface Drawn {
        readonly text: string;
        readonly y: number;
        readonly left: number;
        readonly right: number;
      }
    });
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${service.address}/?days=7&interval=HOUR`);
      await settled(page);
      const names = await page.waitForFunction(() => {
        type Name = { text: string; left: number; right: number };
        const { drawn } = window as unknown as { drawn: Name[] };
        const hours = drawn.filter(({ text }) => text.endsWith(":00"));
        const last = hours.findLastIndex(({ text }) => text === hours[0]?.text);
        return hours.length > 0 && hours.slice(last);
      });
      const row = (await names.jsonValue()) as { text: string; left: number; right: number }[];
      expect(row.length).toBeGreaterThan(1);
      for (const [index, { left, text }] of row.slice(1).entries()) {
        expect(left, text).toBeGreaterThan(row[index]!.right);
      }
    }
  });
});

test("the arrow keys read the chart", async () => {
  await visit("/?days=7", async ({ page }) => {
    await settled(page);
    await page.locator(".chart-plot").focus();
    await page.keyboard.press("End");
    const card = page.locator(".step-card");
    const last = await card.textContent();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => card.textContent()).not.toBe(last);
    await page.keyboard.press("Tab");
    await expect.poll(() => card.count()).toBe(0);
  });
});

test("where nothing was recorded, the page says how to begin", async () => {
  await visit("/?from=2020-01-01&to=2020-01-02", async ({ page }) => {
    await settled(page);
    await page.getByText("No calls in this time").waitFor();
    await page.getByText("aiusage record --user ada").waitFor();
  });
});
