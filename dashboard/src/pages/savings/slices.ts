/** Parts of a simulated time: each is asked about by itself, one after the other. */
import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { PeriodSchema } from "proto/analytics_pb.js";
import type { SimulateCostResponse } from "proto/analytics_service_pb.js";

import { type Problem, readProblem } from "../../api/problem";
import { analytics } from "../../api/services";
import type { Asked } from "../../state/asked";
import { dayAt, nextDay, startOfDay } from "../../state/day";
import { signedOut } from "../../state/session";
import type { Assumed } from "./assumption";

export interface Slice {
  readonly name: string;
  readonly request: Pick<Asked["request"], "period"> & { readonly filter: object };
}

export interface SliceAnswer {
  readonly name: string;
  readonly answer: SimulateCostResponse;
}

/** The most days that are asked about one by one. */
export const DAYS_MAX = 62;

/** Each day of the answer's time that has begun. */
export function daysOf({ range, timeZone }: SimulateCostResponse, asked: Asked): Slice[] {
  if (!range?.startTime || !range.endTime) return [];
  const [start, end] = [timestampDate(range.startTime), timestampDate(range.endTime)];
  const now = Date.now();
  const slices: Slice[] = [];
  for (let day = dayAt(start, timeZone); slices.length <= DAYS_MAX; day = nextDay(day)) {
    const from = Math.max(startOfDay(day, timeZone).getTime(), start.getTime());
    const to = Math.min(startOfDay(nextDay(day), timeZone).getTime(), end.getTime());
    if (from >= end.getTime() || from > now) break;
    const [startTime, endTime] = [from, to].map((moment) => timestampFromDate(new Date(moment)));
    const period = create(PeriodSchema, {
      period: { case: "range", value: { startTime, endTime } },
      timeZone,
    });
    slices.push({ name: day, request: { ...asked.request, period } });
  }
  return slices;
}

export interface Slices {
  readonly done: readonly SliceAnswer[];
  readonly problem?: Problem | undefined;
  readonly loading: boolean;
  readonly again: () => void;
}

/** Asks about one slice after the other: the service takes two such questions at a time. */
export function useSlices(slices: readonly Slice[], assumed: Assumed): Slices {
  const [state, setState] = useState<Omit<Slices, "again">>({ done: [], loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    async function run() {
      const done: SliceAnswer[] = [];
      for (const { name, request } of slices) {
        const asked = { ...request, ...assumed };
        const answer = await analytics.simulateCost(asked, { signal: abort.signal });
        if (abort.signal.aborted) return;
        done.push({ name, answer });
        setState({ done: [...done], loading: done.length < slices.length });
      }
    }
    setState({ done: [], loading: slices.length > 0 });
    run().catch((error: unknown) => {
      if (abort.signal.aborted) return;
      const problem = readProblem(error);
      if (problem.signedOut) signedOut();
      setState(({ done }) => ({ done, problem, loading: false }));
    });
    return () => abort.abort();
  }, [slices, turn]);
  return { ...state, again: () => setTurn((turn) => turn + 1) };
}
