import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import { AlertCalls } from "./alert-calls.js";
import type {
  BatchResult,
  BudgetCheck,
  CauWindow,
  ModelPrice,
  Receipt,
  ResolvedPrice,
  UserCost,
} from "./answers.js";
import { Batch } from "./batch.js";
import type { CallOptions } from "./caller.js";
import * as fromProto from "./from-proto.js";
import type { PlannedCall, UsageRecord } from "./records.js";
import { BatchStream } from "./stream.js";
import * as toProto from "./to-proto.js";
import type { Amount, Period, TimeRange } from "./values.js";

/** Options of `checkBudget`. What is known of the call tells which budgets apply. */
export interface CheckBudgetOptions extends Period, CallOptions, Omit<PlannedCall, "userId"> {
  /** The most that may be spent in the period. Without one, only budgets count. */
  limit?: Amount;
  /** What the next call is expected to cost. Else that of expectedUsage. */
  estimatedCost?: Amount;
}

/** Options of `getCau`. */
export interface GetCauOptions extends CallOptions {
  /** Windows of the last N calendar days, such as [7, 30, 90]. */
  days?: readonly number[];
  /** Further windows. */
  ranges?: readonly TimeRange[];
  /** IANA name of the time zone of days. Without one, the tenant's. */
  timeZone?: string;
}

/** Options of `listPrices`. */
export interface ListPricesOptions extends CallOptions {
  /** Only this provider. */
  provider?: string;
  /** Only models whose key contains this text, in any case. */
  modelContains?: string;
  /** The time at which prices hold. Without one, now. */
  effectiveTime?: Date;
  /** Models for one page. */
  pageSize?: number;
}

/** Options of `getPrice`. */
export interface GetPriceOptions extends CallOptions {
  /** The provider, spelled as in a record. */
  provider?: string;
  /** The time at which prices hold. Without one, now. */
  effectiveTime?: Date;
  /** The terms the price depends on, such as {service_tier: "flex"}. */
  priceContext?: Readonly<Record<string, string>>;
}

/** Records AI calls and answers what they cost. */
export class Client extends AlertCalls {
  /** Records one AI call; resolves when it is durable. */
  async recordUsage(record: UsageRecord, options: CallOptions = {}): Promise<Receipt> {
    return this.sendRecord(toProto.usageRecord(record), options);
  }

  /**
   * Records many AI calls over one stream; resolves when all of them are durable.
   *
   * A bad record is a result, not an error. Records are read as fast as the service
   * stores them, never far ahead. When the connection breaks on the way, what was not
   * answered is sent again; records that were stored all the same come back as
   * duplicates. To send a batch again after an error, give its records a recordId.
   */
  async recordUsageBatch(
    records: Iterable<UsageRecord> | AsyncIterable<UsageRecord>,
    { timeoutMs, signal }: CallOptions = {},
  ): Promise<BatchResult> {
    const batch = new Batch();
    const deadline = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    const stream = new BatchStream(
      batch,
      (requests, streamSignal) =>
        this.connection.usage.recordUsageBatch(requests, {
          signal: streamSignal,
          ...(deadline !== undefined && { timeoutMs: Math.max(1, deadline - Date.now()) }),
        }),
      signal,
    );
    try {
      for await (const record of records) {
        const request = batch.add(record);
        if (request) await stream.send(request);
      }
      const request = batch.flush();
      if (request) await stream.send(request);
      await stream.finish();
    } finally {
      stream.close();
    }
    return batch.result();
  }

  /** What one user's AI calls cost, by default in the current month. */
  async getUserCost(userId: string, options: Period & CallOptions = {}): Promise<UserCost> {
    const request = {
      userId: toProto.userId(userId),
      period: toProto.period(options),
      timeZone: options.timeZone,
    };
    return fromProto.userCost(await this.call(this.connection.usage.getUserCost, request, options));
  }

  /**
   * Whether a user may make the next call, under a limit, budgets, or both.
   *
   * Being over a limit is an answer, not an error. Nothing is set aside: to be sure
   * when many calls are made at once, `reserve`.
   */
  async checkBudget(userId: string, options: CheckBudgetOptions = {}): Promise<BudgetCheck> {
    const { limit, estimatedCost, month, days, range, timeZone, timeoutMs, signal, ...call } =
      options;
    const { $typeName: _, ...planned } = toProto.plannedCall({ userId, ...call });
    const request = {
      ...planned,
      limit: toProto.optionalMoney(limit),
      estimatedCost: toProto.optionalMoney(estimatedCost),
      period: toProto.period({ month, days, range }),
      timeZone,
    };
    return fromProto.budgetCheck(
      await this.call(this.connection.usage.checkBudget, request, { timeoutMs, signal }),
    );
  }

  /**
   * Cost per active user, one for each window: days first, then ranges. By default
   * the last 30 days alone.
   */
  async getCau(options: GetCauOptions = {}): Promise<readonly CauWindow[]> {
    const request = {
      days: [...(options.days ?? [])],
      ranges: (options.ranges ?? []).map(toProto.timeRange),
      timeZone: options.timeZone,
    };
    const { windows } = await this.call(this.connection.usage.getCau, request, options);
    return windows.map(fromProto.cauWindow);
  }

  /** The models of the price list with the prices in force, read page by page. */
  async *listPrices(options: ListPricesOptions = {}): AsyncGenerator<ModelPrice, void, undefined> {
    const { provider, modelContains, effectiveTime, pageSize } = options;
    const request = {
      provider,
      modelContains,
      effectiveTime: effectiveTime && timestampFromDate(effectiveTime),
      pageSize,
    };
    for await (const page of this.pages(this.connection.pricing.listPrices, request, options)) {
      yield* page.prices.map(fromProto.modelPrice);
    }
  }

  /** The price of one model; `NotFoundError` when the price list has no such name. */
  async getPrice(model: string, options: GetPriceOptions = {}): Promise<ResolvedPrice> {
    const { provider, effectiveTime, priceContext } = options;
    const request = {
      provider,
      model,
      effectiveTime: effectiveTime && timestampFromDate(effectiveTime),
      priceContext,
    };
    const { price, resolvedBy } = await this.call(
      this.connection.pricing.getPrice,
      request,
      options,
    );
    return { price: fromProto.modelPrice(price), resolvedBy };
  }
}
