import { Dimension } from "proto/analytics_pb.js";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { BudgetCycle } from "proto/budget_pb.js";
import { BudgetService } from "proto/budget_service_pb.js";
import { UserService } from "proto/user_service_pb.js";
import { expect, test } from "vitest";

import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const period = { period: { case: "days" as const, value: 30 } };
const { method: analytics } = AnalyticsService;

test("the dearest users come first, each with the service's figures", async () => {
  await visit("/users", async ({ page }) => {
    await settled(page);
    const { users, totals } = await call(service, analytics.listTopUsers, { period, top: 50 });
    const table = page.getByRole("table", { name: "Users by cost" });
    const names = await table.locator("tbody th").allTextContents();
    expect(names).toEqual(users.map(({ userId, displayName }) => displayName || userId));
    expect(await exactFigures(page, "table tbody")).toEqual(
      users.flatMap(({ totals, meanDailyCost }) => [
        totals!.requestCount.toString(),
        meanDailyCost!.amount,
        totals!.cost!.amount,
      ]),
    );
    expect(await exactFigures(page, ".note")).toContain(totals!.cost!.amount);
  });
});

test("files of users have every user in them, also those that the page does not show", async () => {
  const { userCount } = await call(service, analytics.listTopUsers, { period, top: 1 });
  for (const path of ["/users?top=1", "/"]) {
    await visit(path, async ({ page }) => {
      await settled(page);
      const link = page.getByRole("link", { name: "Users by cost as CSV" });
      const address = new URL((await link.getAttribute("href")) ?? "", page.url());
      const file = await (await page.request.get(address.href)).text();
      expect(BigInt(file.trim().split(/\r?\n/).length - 1)).toBe(userCount);
    });
  }
});

test("a search finds users by a part of what is known of them", async () => {
  await call(service, UserService.method.upsertUser, {
    user: { userId: "linus", displayName: "Linus of the kernel", plan: "pro" },
  });
  await visit("/users", async ({ page }) => {
    await page.getByLabel("Search users").fill("KERNEL");
    await page.keyboard.press("Enter");
    const found = page.getByRole("table", { name: "Users found" });
    await found.getByText("Linus of the kernel").click();
    await page.getByRole("heading", { level: 1, name: "linus" }).waitFor();
    await page.getByRole("region", { name: "Directory" }).getByText("pro").waitFor();
    await page.goBack();
    await found.waitFor();
    await settled(page);
  });
});

test("a user's page has the name, and of the budgets those that apply", async () => {
  const limit = { amount: { case: "cost" as const, value: { amount: "5" } } };
  const { createBudget, deleteBudget } = BudgetService.method;
  const plans = ["pro", "free"];
  for (const plan of plans) {
    const scope = { eachUser: true, tags: { plan } };
    const period = { cycle: BudgetCycle.MONTH };
    const budget = { budgetId: `each-${plan}`, scope, period, limit };
    await call(service, createBudget, { budget });
  }
  await visit("/users?id=ada", async ({ page }) => {
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace", exact: true }).waitFor();
    await page.getByText("ada · All users").waitFor();
    await settled(page);
    const shown = page.getByRole("region", { name: "Budgets" });
    expect(await shown.locator("h3").allTextContents()).toEqual([
      "each-pro",
      "each-user",
      "team-a",
    ]);
    await shown.getByText("are listed once a call of this user counts").waitFor();
  });
  for (const plan of plans) await call(service, deleteBudget, { budgetId: `each-${plan}` });
});

test("one user's page has the user's cost by feature and model, and budgets", async () => {
  const userId = "user/with?odd#signs";
  await visit("/users", async ({ page }) => {
    await settled(page);
    await page.getByRole("link", { name: userId }).click();
    await page.getByRole("heading", { level: 1, name: userId }).waitFor();
    await settled(page);
    const filter = { userIds: [userId] };
    const { current } = await call(service, analytics.getStats, { period, filter });
    const spending = page.getByRole("region", { name: "Spending" });
    expect(await spending.locator(".cost").getAttribute("value")).toBe(
      current!.totals!.cost!.amount,
    );
    for (const [name, dimension] of [
      ["feature", Dimension.FEATURE],
      ["model", Dimension.MODEL],
    ] as const) {
      const { rows } = await call(service, analytics.getBreakdown, {
        period,
        filter,
        dimensions: [dimension],
      });
      const table = page.getByRole("table", { name: `Cost by ${name}` });
      const costs = await table.locator("tbody .cost").evaluateAll((all) => {
        return all.map((one) => (one as HTMLDataElement).value);
      });
      expect(costs).toEqual(rows.map(({ totals }) => totals!.cost!.amount));
    }
    const { statuses } = await call(service, BudgetService.method.listBudgetStatuses, { userId });
    const percents = await page.locator(".budget-percent").count();
    expect(percents).toBe(statuses.length);

    await page.getByRole("link", { name: "See the calls" }).click();
    await page.getByRole("heading", { level: 1, name: "Log" }).waitFor();
    expect(new URL(page.url()).searchParams.get("user")).toBe(userId);
    await settled(page);
  });
});
