/** Alerts as they come, for as long as the page is open. */
import { toJsonString } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type Alert,
  WatchAlertsRequestSchema,
  WatchAlertsResponseSchema,
} from "proto/alert_service_pb.js";

import { readLines } from "./lines";
import { readProblem } from "./problem";

const PATH = "/aiusage.v1.AlertService/WatchAlerts";
/** The service gives a sign of life every 30 s: after two and a half it is lost. */
const SILENCE_MAX_MS = 75_000;
const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 30_000;

export type Watching = "connecting" | "live" | "lost" | "signed-out";

export interface Watcher {
  /** `fresh`: it came just now, and was not open before. */
  alert(alert: Alert, fresh: boolean): void;
  state(state: Watching): void;
}

/** Watches until the signal ends it; a lost connection goes on where it was. */
export async function watchAlerts(watcher: Watcher, signal: AbortSignal): Promise<void> {
  let resumeToken = "";
  let pause = PAUSE_MIN_MS;
  // The first answers are what is open already; one without an alert ends them.
  let fresh = false;
  watcher.state("connecting");
  while (!signal.aborted) {
    try {
      for await (const message of connect(resumeToken, signal)) {
        watcher.state("live");
        pause = PAUSE_MIN_MS;
        resumeToken = message.resumeToken || resumeToken;
        if (message.alert) watcher.alert(message.alert, fresh);
        else fresh = true;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (readProblem(error).signedOut) return watcher.state("signed-out");
    }
    watcher.state("lost");
    await rest(pause, signal);
    pause = Math.min(pause * 2, PAUSE_MAX_MS);
  }
}

async function* connect(resumeToken: string, signal: AbortSignal) {
  const silence = new AbortController();
  const request = toJsonString(
    WatchAlertsRequestSchema,
    create(WatchAlertsRequestSchema, { resumeToken }),
  );
  const either = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  try {
    for await (const message of readLines(PATH, request, WatchAlertsResponseSchema, either)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
      yield message;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Waits, or ends with the signal. */
function rest(pause: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, pause);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
