import { BudgetCycle } from "proto/budget_pb.js";
import { BudgetService } from "proto/budget_service_pb.js";
import { UsageService } from "proto/usage_service_pb.js";
import { UserService } from "proto/user_service_pb.js";
import { expect, test } from "vitest";

import { formatAmount } from "../../src/format/budget";
import { formatPercent } from "../../src/format/percent";
import { service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: budgets } = BudgetService;

test("each budget stands as the service says", async () => {
  await visit("/budgets", async ({ page }) => {
    await settled(page);
    const shared = await call(service, budgets.listBudgetStatuses, {});
    const each = await call(service, budgets.listBudgetStatuses, {
      budgetId: "each-user",
      pageSize: 5,
    });
    const lines = [...shared.statuses, ...each.statuses];
    expect(await page.locator(".budget-percent").allTextContents()).toEqual(
      lines.map(({ percentUsed }) => formatPercent(percentUsed)),
    );
    expect(await page.locator(".budget .strong").allTextContents()).toEqual(
      lines.map(({ used }) => formatAmount(used)),
    );
    const users = each.statuses.map(async ({ userId }) => {
      const { user } = await call(service, UserService.method.getUser, { userId });
      return user?.displayName || userId;
    });
    const links = page.locator(".budget h3 a");
    await expect.poll(() => links.allTextContents()).toEqual(await Promise.all(users));
    expect(await links.allTextContents()).toContain("Ada Lovelace");
  });
});

test("an alert appears while one looks, and is marked as seen", async () => {
  await visit("/budgets", async ({ page }) => {
    await page.getByText("live", { exact: true }).waitFor();
    await settled(page);
    const budget = {
      budgetId: "tiny",
      scope: { userId: "ada", feature: "alerting" },
      period: { cycle: BudgetCycle.DAY },
      limit: { amount: { case: "cost" as const, value: { amount: "0.001" } } },
      thresholdPercents: [100],
    };
    await call(service, budgets.createBudget, { budget });
    const record = {
      userId: "ada",
      feature: "alerting",
      provider: "openai",
      model: "gpt-4o",
      usage: { inputTokens: 10_000n, outputTokens: 1000n },
    };
    await call(service, UsageService.method.recordUsage, { record });
    const alert = page.locator(".alert", { hasText: "tiny" });
    await alert.waitFor();
    // The budgets beside it follow.
    const line = page.locator(".budget", { hasText: "tiny" });
    await line.getByText("used up").waitFor();
    // Both have the user by name.
    await line.getByText("user Ada Lovelace, feature alerting").waitFor();
    await alert.getByText("User Ada Lovelace has used all of budget").waitFor();
    await alert.getByRole("link", { name: "Ada Lovelace" }).waitFor();
    await alert.getByRole("button", { name: "Mark as seen" }).click();
    await alert.getByText("Seen by key").waitFor();
    await call(service, budgets.deleteBudget, { budgetId: "tiny" });
  });
});

test("a lost connection to the alerts is told, and comes back", async () => {
  await visit("/budgets", async ({ page, complaints }) => {
    await page.getByText("live", { exact: true }).waitFor();
    await settled(page);
    await page.context().setOffline(true);
    // An open stream outlives the loss in the browser's simulation; a new page does not.
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByRole("link", { name: "Budgets", exact: true }).click();
    await page.getByText("connection lost, trying again").waitFor();
    await page.context().setOffline(false);
    await page.getByText("live", { exact: true }).waitFor();
    // The browser tells of each request that found no network itself.
    complaints.splice(0);
  });
});
