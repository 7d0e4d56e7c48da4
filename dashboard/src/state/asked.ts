/** The page's question in the form that every request takes. */
import { create } from "@bufbuild/protobuf";
import { PeriodSchema, UsageFilterSchema } from "proto/analytics_pb.js";
import type { Caller } from "./session";

import { readQuestion, toFilter, toPeriod } from "./question";
import { place } from "./route";

/** The page's question, ready to be asked. */
export function useAsked(caller: Caller) {
  const read = readQuestion(place.value.params);
  // Days must be the same here and there: the service knows zones that the browser does not.
  const question = read.zone === "" && caller.unknownZone ? { ...read, zone: "UTC" } : read;
  return {
    question,
    /** Another text means another question. */
    key: question.params.toString(),
    /** The clock of days: what the question names, or the tenant's. */
    zone: question.zone || caller.timeZone,
    filtered: [...question.params.keys()].some((name) => !TIMES.includes(name)),
    request: {
      period: create(PeriodSchema, toPeriod(question, caller.timeZone)),
      filter: create(UsageFilterSchema, toFilter(question)),
    },
  };
}

export type Asked = ReturnType<typeof useAsked>;

const TIMES = ["days", "month", "from", "to", "zone"];
