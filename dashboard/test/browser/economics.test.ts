import { fromJson } from "@bufbuild/protobuf";
import { AnalyticsService, CohortBy, type UnitEconomics } from "proto/analytics_service_pb.js";
import { expect, test } from "vitest";

import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;

/** A whole month: its revenue stands still while the test looks at it. */
function lastMonth(): string {
  const now = new Date();
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  return new Date(first).toISOString().slice(0, 7);
}

const month = lastMonth();
const period = { period: { case: "month" as const, value: month } };

/** What a row shows, in its order. */
function figuresOf(one: UnitEconomics, withCount: boolean): (string | undefined)[] {
  const { userCount, revenue, cost, margin, acquisitionCost, lifetimeMargin, ltvToCac } = one;
  const shown = [revenue, cost, margin, acquisitionCost, lifetimeMargin].map((it) => it?.amount);
  const all = [withCount ? userCount.toString() : undefined, ...shown, ltvToCac || undefined];
  return all.filter((figure) => figure !== undefined);
}

test("margins are those of the service, by plan, by user and together", async () => {
  await visit(`/economics?month=${month}`, async ({ page }) => {
    await settled(page);
    // What users brought in to date grows with every moment: the page's own answer counts.
    const [answer] = await Promise.all([
      page.waitForResponse("**/aiusage.v1.AnalyticsService/GetUnitEconomics"),
      page.reload(),
    ]);
    const shown = fromJson(analytics.getUnitEconomics.output, await answer.json());
    const { byPlan, users, total } = shown;
    const now = await call(service, analytics.getUnitEconomics, { period, top: 20 });
    const { revenue, cost, margin } = now.total!;
    expect([total!.revenue, total!.cost, total!.margin]).toEqual([revenue, cost, margin]);
    await settled(page);
    expect(byPlan.map(({ key }) => key)).toContain("pro");
    expect(total!.lifetimeMargin).toBeDefined();
    const plans = await exactFigures(page, "table[aria-label='Margin by plan']");
    expect(plans).toEqual([...byPlan, total!].flatMap((one) => figuresOf(one, true)));
    const each = await exactFigures(page, "table[aria-label='Margin by user']");
    expect(each).toEqual(users.flatMap((one) => figuresOf(one, false)));

    const head = await exactFigures(page, ".head-figures");
    for (const money of [total!.margin, total!.revenue, total!.cost, total!.acquisitionCost]) {
      expect(head).toContain(money!.amount);
    }
    expect(head).toContain(total!.ltvToCac);
    await page.getByRole("table", { name: "Margin by user" }).getByText("Ada Lovelace").click();
    await page.getByRole("heading", { level: 1, name: "ada" }).waitFor();
    await settled(page);
  });
});

test("how cost is spread is the service's, by plan and by first month", async () => {
  await visit(`/economics?month=${month}`, async ({ page }) => {
    for (const [name, cohortBy] of [
      ["Plan", CohortBy.PLAN],
      ["First month", CohortBy.FIRST_MONTH],
    ] as const) {
      await page.getByRole("group", { name: "Put users together by" }).getByText(name).click();
      const { cohorts, total } = await call(service, analytics.getCohorts, { period, cohortBy });
      const figures = [...cohorts, total!].flatMap((one) => {
        const { cost, costPerActiveUser, p50, p90, p99, max } = one;
        const amounts = [cost, costPerActiveUser, p50, p90, p99, max].map((it) => it!.amount);
        return [one.activeUserCount.toString(), ...amounts];
      });
      await settled(page);
      expect(await exactFigures(page, "table[aria-label='How cost is spread']")).toEqual(figures);
    }
  });
});

test("margins come as files that ask the page's own question", async () => {
  await visit(`/economics?month=${month}&feature=chat`, async ({ page }) => {
    await settled(page);
    const link = page.getByRole("link", { name: "Margins by user as Excel" });
    const address = new URL((await link.getAttribute("href")) ?? "", page.url());
    expect(JSON.parse(address.searchParams.get("request") ?? "")).toEqual({
      format: "EXPORT_FORMAT_EXCEL",
      unitEconomics: { period: { month } },
    });
    const coming = page.waitForEvent("download");
    await link.click();
    expect((await coming).suggestedFilename()).toContain(".xlsx");

    const plans = page.getByRole("link", { name: "Margins by plan as CSV" });
    const file = await page.request.get(
      new URL((await plans.getAttribute("href")) ?? "", page.url()).href,
    );
    const { byPlan } = await call(service, analytics.getUnitEconomics, { period });
    const [head = "", ...lines] = (await file.text()).trim().split(/\r?\n/);
    expect(head.split(",")[0]).toBe("plan");
    expect(lines.map((line) => line.split(",")[0])).toEqual(byPlan.map(({ key }) => key));
  });
});

test("where nobody is known to pay, the page says how to begin", async () => {
  await visit("/economics?from=2020-01-01&to=2020-01-02", async ({ page }) => {
    await page.getByText("No revenue is known in this time").waitFor();
    await page.getByText("aiusage users set ada").waitFor();
    await settled(page);
  });
});
