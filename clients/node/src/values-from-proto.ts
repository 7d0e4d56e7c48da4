import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

import type {
  Money as MoneyProto,
  TimeRange as TimeRangeProto,
} from "./gen/aiusage/v1/types_pb.js";
import type { Money, TimeRange } from "./values.js";

/** An exact amount. */
export function money(message: MoneyProto | undefined): Money {
  const { amount, currencyCode } = sent(message);
  return { amount, currencyCode };
}

/** A half-open range. */
export function timeRange(message: TimeRangeProto | undefined): TimeRange {
  const { startTime, endTime } = sent(message);
  return { startTime: time(startTime), endTime: time(endTime) };
}

/** To the millisecond. */
export function time(message: Timestamp | undefined): Date {
  return timestampDate(sent(message));
}

/** The service always sends these messages; one that is missing is its fault. */
export function sent<T>(message: T | undefined): T {
  if (message === undefined) throw new TypeError("the service's answer lacks a part");
  return message;
}

/** The name of an enum's value; a newer service may know more of them than this client. */
export function known<Enum extends object>(names: Enum, number: number): keyof Enum | Unknown {
  return (names as Readonly<Record<number, keyof Enum>>)[number] ?? "UNSPECIFIED";
}

type Unknown = "UNSPECIFIED";
