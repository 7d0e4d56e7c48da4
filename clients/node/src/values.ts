/** An exact amount of money. */
export interface Money {
  /** A decimal string such as "0.00875". */
  readonly amount: string;
  /** ISO 4217; only "USD" is supported. */
  readonly currencyCode: string;
}

/** What a call takes for money: exact, so never a number. USD unless it says otherwise. */
export type Amount = string | Money;

/** A half-open range of time: startTime <= t < endTime. */
export interface TimeRange {
  readonly startTime: Date;
  readonly endTime: Date;
}

/** What time to look at: one of these, or none for the current calendar month. */
export interface Period {
  /** A calendar month, "2026-11". */
  month?: string;
  /** The last N calendar days, today included. */
  days?: number;
  /** Any half-open range. */
  range?: TimeRange;
  /** IANA name of the time zone of months and days. Without one, the tenant's. */
  timeZone?: string;
}
