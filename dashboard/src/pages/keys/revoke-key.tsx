import { useState } from "preact/hooks";
import type { ApiKey } from "proto/admin_service_pb.js";

import { type Problem, readProblem } from "../../api/problem";
import { admin } from "../../api/services";
import { Drawer } from "../../parts/drawer";
import { ProblemBox } from "../../parts/problem-box";

interface Props {
  readonly apiKey: ApiKey;
  /** Whether this page is signed in with it. */
  readonly own: boolean;
  readonly ended: () => void;
  readonly close: () => void;
}

/** Asks before a key ends. */
export function RevokeKey({ apiKey, own, ended, close }: Props) {
  const [problem, setProblem] = useState<Problem>();
  async function revoke() {
    try {
      await admin.revokeKey({ keyId: apiKey.keyId });
      ended();
      close();
    } catch (error) {
      setProblem(readProblem(error));
    }
  }
  return (
    <Drawer title={`Revoke ${apiKey.displayName || apiKey.keyId}?`} look="box" close={close}>
      <div class="stack">
        <p>Whatever uses it is refused within five seconds. It cannot be undone.</p>
        {own && <p class="note-box">You are signed in with this key: you will be signed out.</p>}
        {problem && <ProblemBox problem={problem} />}
        <div class="bar">
          <button class="button danger" type="button" onClick={() => void revoke()}>
            Revoke it
          </button>
          <button class="button" type="button" onClick={close}>
            Keep it
          </button>
        </div>
      </div>
    </Drawer>
  );
}
