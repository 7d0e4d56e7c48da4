import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";

import { type Problem, readProblem } from "../../api/problem";
import { admin } from "../../api/services";
import { Drawer } from "../../parts/drawer";
import { ProblemBox } from "../../parts/problem-box";

interface Props {
  readonly made: () => void;
  readonly close: () => void;
}

const DAY_MS = 86_400_000;

/** Makes a key, and shows it this once. */
export function NewKey({ made, close }: Props) {
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const days = Number(form.get("days"));
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await admin.createKey({
        displayName: String(form.get("name")).trim(),
        userId: String(form.get("user")).trim(),
        ...(days > 0 ? { expireTime: timestampFromMs(Date.now() + days * DAY_MS) } : {}),
      });
      setSecret(answer.secret);
      made();
    } catch (error) {
      setProblem(readProblem(error));
    }
    setBusy(false);
  }

  if (secret !== "") return <Secret secret={secret} close={close} />;
  return (
    <Drawer title="New key" look="box" close={close}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>What it is for</span>
          <input
            name="name"
            required
            maxLength={128}
            autofocus
            placeholder="such as: billing job"
          />
        </label>
        <label class="field">
          <span>Sees only this user (empty: everything)</span>
          <input name="user" maxLength={256} autocomplete="off" />
        </label>
        <label class="field">
          <span>Ends by itself</span>
          <select name="days">
            <option value="0">never</option>
            <option value="30">in 30 days</option>
            <option value="90">in 90 days</option>
            <option value="365">in a year</option>
          </select>
        </label>
        {problem && <ProblemBox problem={problem} />}
        <button class="button primary" type="submit" disabled={busy}>
          Make the key
        </button>
      </form>
    </Drawer>
  );
}

function Secret({ secret, close }: { readonly secret: string; readonly close: () => void }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  }
  return (
    <Drawer title="Keep this key now" look="box" close={close}>
      <div class="stack">
        <p>It is not shown again. Whoever has it can ask and record in this tenant&apos;s name.</p>
        <pre class="secret" tabIndex={0}>
          <code>{secret}</code>
        </pre>
        <button class="button primary" type="button" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </button>
      </div>
    </Drawer>
  );
}
