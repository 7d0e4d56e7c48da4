import { spanChanges } from "../state/question";
import { here } from "../state/route";
import { boundUser } from "../state/session";
import { Empty } from "./empty";

const LAST_YEAR = spanChanges({ kind: "days", days: 365 });

/** Where a question has no records: how to send one, or how to ask for more. */
export function FirstSteps({ filtered }: { readonly filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No calls match">
        <p>
          Take a filter away, or <a href={here(LAST_YEAR)}>ask about the last year</a>.
        </p>
      </Empty>
    );
  }
  if (boundUser.value !== "") {
    return (
      <Empty title="No calls in this time">
        <p>
          Nothing was recorded of {boundUser.value}.{" "}
          <a href={here(LAST_YEAR)}>Ask about the last year</a>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No calls in this time">
      <p>Record one from the command line:</p>
      <Code text={COMMAND} />
      <p>or from Python:</p>
      <Code text={PYTHON} />
      <p>
        or <a href={here(LAST_YEAR)}>ask about the last year</a>.
      </p>
    </Empty>
  );
}

function Code({ text }: { readonly text: string }) {
  return (
    <pre tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}

const COMMAND = `aiusage record --user ada --feature chat --provider openai --model gpt-4o \\
    --input-tokens 1000 --output-tokens 500`;

const PYTHON = `from aiusage import Client, Usage

Client().record_usage(user_id="ada", feature="chat", provider="openai", model="gpt-4o",
                      usage=Usage(input_tokens=1000, output_tokens=500))`;
