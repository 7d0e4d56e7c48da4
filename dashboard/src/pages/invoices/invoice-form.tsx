import { Dimension } from "proto/analytics_pb.js";
import { InvoiceFormat } from "proto/analytics_service_pb.js";
import { useState } from "preact/hooks";

import { analytics } from "../../api/services";
import { formatCount } from "../../format/number";
import { useAnswer } from "../../state/answer";
import { isZone } from "../../state/day";
import { go, here } from "../../state/route";

export const FORMATS = {
  any: { name: "find out", format: InvoiceFormat.UNSPECIFIED },
  csv: { name: "CSV", format: InvoiceFormat.CSV },
  openai: { name: "OpenAI costs (JSON)", format: InvoiceFormat.OPENAI },
  anthropic: { name: "Anthropic cost report (JSON)", format: InvoiceFormat.ANTHROPIC },
} as const;

export type FormatName = keyof typeof FORMATS;

/** What is compared. */
export interface Invoice {
  readonly provider: string;
  readonly text: string;
  readonly format: FormatName;
  /** IANA name; empty: UTC, as providers count days. */
  readonly zone: string;
}

interface Props {
  readonly params: URLSearchParams;
  readonly compare: (invoice: Invoice) => void;
}

/** The most that the service takes. */
const BYTES_MAX = 3 * 1024 * 1024;

/** Takes an export, as a file or pasted. All but the export itself lies in the address. */
export function InvoiceForm({ params, compare }: Props) {
  const [provider, setProvider] = useState(params.get("provider") ?? "");
  const [format, setFormat] = useState<FormatName>(readFormat(params.get("format")));
  const [zone, setZone] = useState(params.get("clock") ?? "");
  const [file, setFile] = useState<{ readonly name: string; readonly text: string }>();
  const [pasted, setPasted] = useState("");
  const [problem, setProblem] = useState("");

  async function choose(files: FileList | null) {
    const [chosen] = files ?? [];
    setProblem("");
    setFile(undefined);
    if (!chosen) return;
    if (chosen.size > BYTES_MAX) return setProblem(tooLarge(chosen.name));
    setFile({ name: chosen.name, text: await chosen.text() });
  }

  function submit(event: Event) {
    event.preventDefault();
    const text = file?.text ?? pasted;
    const wrong = problemOf(provider, text, zone);
    setProblem(wrong);
    if (wrong !== "") return;
    const asked = { provider: provider.trim(), format: format === "any" ? undefined : format };
    go(here({ ...asked, clock: zone || undefined, cause: undefined }), true);
    compare({ provider: provider.trim(), text, format, zone });
  }

  return (
    <form class="card invoice" onSubmit={submit} aria-label="The invoice">
      <div class="invoice-fields">
        <label class="field">
          <span>Provider, as calls report it</span>
          <input
            list="invoice-providers"
            autocomplete="off"
            placeholder="openai"
            maxLength={128}
            value={provider}
            onInput={(event) => setProvider(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Written as</span>
          <select
            value={format}
            onChange={(event) => setFormat(readFormat(event.currentTarget.value))}
          >
            {Object.entries(FORMATS).map(([name, { name: text }]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Time zone of its days</span>
          <input
            placeholder="UTC, as providers count"
            autocomplete="off"
            value={zone}
            onInput={(event) => setZone(event.currentTarget.value.trim())}
          />
        </label>
      </div>
      <label class="field">
        <span>The export: a file…</span>
        <input
          type="file"
          accept=".csv,.tsv,.txt,.json,text/csv,application/json"
          onChange={(event) => void choose(event.currentTarget.files)}
        />
      </label>
      {!file && (
        <label class="field">
          <span>…or its text</span>
          <textarea
            rows={4}
            spellcheck={false}
            placeholder="date,model,cost"
            value={pasted}
            onInput={(event) => setPasted(event.currentTarget.value)}
          />
        </label>
      )}
      <p class="field-problem" role="alert">
        {problem}
      </p>
      <div class="invoice-end">
        <button class="button primary" type="submit">
          Compare
        </button>
        {file && (
          <span class="muted">
            {file.name}, {formatCount(BigInt(file.text.length))} characters
          </span>
        )}
      </div>
      <Providers />
    </form>
  );
}

function readFormat(text: string | null): FormatName {
  return text !== null && Object.hasOwn(FORMATS, text) ? (text as FormatName) : "any";
}

function problemOf(provider: string, text: string, zone: string): string {
  if (provider.trim() === "") return "Name the provider whose invoice it is.";
  if (text.trim() === "") return "Choose a file, or paste its text.";
  if (new TextEncoder().encode(text).length > BYTES_MAX) return tooLarge("The text");
  if (zone !== "" && !isZone(zone)) return `There is no time zone ${zone}: try Europe/Berlin.`;
  return "";
}

function tooLarge(what: string): string {
  return `${what} is larger than 3 MiB. Export a shorter time, or group it by day and model.`;
}

/** The providers that calls of the last 90 days named. */
function Providers() {
  const { value } = useAnswer("", async (signal) => {
    const period = { period: { case: "days" as const, value: 90 } };
    const request = { period, dimensions: [Dimension.PROVIDER], top: 100 };
    return (await analytics.getBreakdown(request, { signal })).rows;
  });
  return (
    <datalist id="invoice-providers">
      {value?.map(({ keys: [name] }) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
