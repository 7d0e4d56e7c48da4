/** The services, called as JSON over HTTP on the page's own address: the public API, no other. */
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AdminService } from "proto/admin_service_pb.js";
import { AlertService } from "proto/alert_service_pb.js";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { BudgetService } from "proto/budget_service_pb.js";
import { CostService } from "proto/cost_service_pb.js";
import { PricingService } from "proto/pricing_service_pb.js";
import { UsageService } from "proto/usage_service_pb.js";
import { UserService } from "proto/user_service_pb.js";

const transport = createConnectTransport({
  baseUrl: window.location.origin,
  // A service that knows more fields than this page is no reason to stop.
  jsonOptions: { ignoreUnknownFields: true },
});

export const admin = createClient(AdminService, transport);
export const alerts = createClient(AlertService, transport);
export const analytics = createClient(AnalyticsService, transport);
export const budgets = createClient(BudgetService, transport);
export const costs = createClient(CostService, transport);
export const prices = createClient(PricingService, transport);
export const usage = createClient(UsageService, transport);
export const users = createClient(UserService, transport);
