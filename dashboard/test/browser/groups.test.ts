import { Dimension } from "proto/analytics_pb.js";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { UserService } from "proto/user_service_pb.js";
import { expect, test } from "vitest";

import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;

test("sessions are listed by cost, and one shows what it is made of", async () => {
  await visit("/sessions?days=90", async ({ page }) => {
    await settled(page);
    const period = { period: { case: "days" as const, value: 90 } };
    const dimensions = [Dimension.SESSION];
    const { rows } = await call(service, analytics.getBreakdown, { period, dimensions });
    const table = page.getByRole("table", { name: "Sessions by cost" });
    const names = await table.locator("tbody th").allTextContents();
    expect(names).toEqual(rows.flatMap(({ keys }) => keys).filter((key) => key !== ""));

    const sessionId = names[0]!;
    await table.getByText(sessionId).click();
    await page.getByRole("heading", { level: 1, name: sessionId }).waitFor();
    await settled(page);
    const { cost } = await call(service, analytics.getSessionCost, { sessionId });
    for (const [title, parts] of [
      ["By function", cost!.byFunction],
      ["By model", cost!.byModel],
      ["By user", cost!.byUser],
    ] as const) {
      const figures = await exactFigures(page, `section[aria-label="${title}"]`);
      expect(figures).toEqual(
        parts.flatMap(({ totals }) => [totals!.requestCount.toString(), totals!.cost!.amount]),
      );
    }
    const shown = page.getByRole("region", { name: "Cost" }).locator(".cost").first();
    expect(await shown.getAttribute("value")).toBe(cost!.totals!.cost!.amount);
  });
});

test("a job's users have their names of the directory", async () => {
  const jobId = "nightly-1";
  await visit(`/jobs?id=${jobId}`, async ({ page }) => {
    await settled(page);
    const { cost } = await call(service, analytics.getJobCost, { jobId });
    const names = cost!.byUser.map(async ({ key: userId }) => {
      const { user } = await call(service, UserService.method.getUser, { userId });
      return user?.displayName || userId;
    });
    const users = page.getByRole("region", { name: "By user" }).locator("tbody th");
    await expect.poll(() => users.allTextContents()).toEqual(await Promise.all(names));
    expect(await users.allTextContents()).toContain("Ada Lovelace");
  });
});

test("what belongs to no job is said beside the jobs", async () => {
  await visit("/jobs?days=90", async ({ page }) => {
    await settled(page);
    const table = page.getByRole("table", { name: "Jobs by cost" });
    expect(await table.locator("tbody th").allTextContents()).toEqual(["nightly-1"]);
    await page.getByText("belong to no background job").waitFor();
  });
});

test("a job that nobody recorded under is no error", async () => {
  await visit("/jobs", async ({ page }) => {
    await page.getByLabel("Job id").fill("unheard-of");
    await page.keyboard.press("Enter");
    await page.getByText("No call belongs to this background job").waitFor();
  });
});
