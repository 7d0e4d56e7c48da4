/** What a key shows that is bound to one user. */
import { AdminService } from "proto/admin_service_pb.js";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { beforeAll, expect, test } from "vitest";

import { OWN_PATHS, PATHS } from "../../src/pages/paths";
import { exactFigures, faults, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;
const period = { period: { case: "days" as const, value: 30 } };
let apiKey = "";

beforeAll(async () => {
  const request = { displayName: "ada's page", userId: "ada" };
  apiKey = (await call(service, AdminService.method.createKey, request)).secret;
});

test("the session is marked, and shows that user's figures", async () => {
  await visit(
    "/",
    async ({ page }) => {
      await settled(page);
      await page.getByText("Figures of ada only").waitFor();
      const own = await call({ ...service, apiKey }, analytics.getStats, { period });
      const all = await call(service, analytics.getStats, { period });
      const [spent] = await exactFigures(page, ".head-figures .lead");
      expect(spent).toBe(own.current!.totals!.cost!.amount);
      expect(spent).not.toBe(all.current!.totals!.cost!.amount);
    },
    { apiKey },
  );
});

// A visit fails where the service refuses anything that a page asks.
test.each(OWN_PATHS)("%s asks for nothing that the key may not see", async (path) => {
  await visit(
    path,
    async ({ page }) => {
      await settled(page);
      expect(await page.getByRole("alert").count()).toBe(0);
      expect(await page.getByRole("link", { name: /CSV|Excel/ }).count()).toBe(0);
      expect(await faults(page)).toEqual([]);
      const titles = await page.locator("nav a").evaluateAll((all) => {
        return all.map((one) => new URL((one as HTMLAnchorElement).href).pathname);
      });
      expect(titles).toEqual(OWN_PATHS);
    },
    { apiKey },
  );
});

test.each(PATHS.filter((path) => !OWN_PATHS.includes(path)))(
  "%s says that it is not for this key, and asks for nothing",
  async (path) => {
    await visit(
      path,
      async ({ page }) => {
        await page.getByRole("heading", { name: "This page tells of everybody" }).waitFor();
        await page.getByRole("main").getByRole("link", { name: "go to the overview" }).click();
        await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        await settled(page);
      },
      { apiKey },
    );
  },
);
