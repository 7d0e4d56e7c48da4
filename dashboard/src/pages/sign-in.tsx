import { useState } from "preact/hooks";

import { type Problem, readProblem } from "../api/problem";
import { Brand } from "../parts/brand";
import { ProblemBox } from "../parts/problem-box";
import { signIn } from "../state/session";

/** Takes a key, and says where one is to be found. */
export function SignIn() {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    await signIn(key.trim()).catch((error: unknown) => setProblem(readProblem(error)));
    setBusy(false);
  }

  return (
    <main class="alone">
      <form class="sign-in" onSubmit={(event) => void submit(event)}>
        <Brand />
        <h1>Sign in</h1>
        <p class="muted">What every AI call cost, and who caused it.</p>
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            name="key"
            autocomplete="current-password"
            spellcheck={false}
            required
            autofocus
            placeholder="aiusage_…"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        {problem && <ProblemBox problem={problem} />}
        <button class="button primary" type="submit" disabled={busy || key.trim() === ""}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <div class="hint">
          <p>The key of this machine is in the credentials file that the service wrote:</p>
          <pre tabIndex={0}>
            <code>cat ~/.config/aiusage/credentials.json</code>
          </pre>
          <p>
            A further one is made by <code>aiusage keys create</code>. It stays in a cookie that
            scripts cannot read.
          </p>
        </div>
      </form>
    </main>
  );
}
