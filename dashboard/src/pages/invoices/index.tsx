import { create } from "@bufbuild/protobuf";
import { CompareInvoiceRequestSchema } from "proto/analytics_service_pb.js";
import { useState } from "preact/hooks";

import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { PageHead } from "../../parts/page-head";
import { useAnswer } from "../../state/answer";
import { place } from "../../state/route";
import { Comparison } from "./comparison";
import { FORMATS, type Invoice, InvoiceForm } from "./invoice-form";

/** A provider's own figures beside those of the log. */
export function InvoicesPage() {
  const [given, setGiven] = useState<{ readonly invoice: Invoice; readonly turn: number }>();
  return (
    <>
      <PageHead
        title="Invoices"
        lead="What a provider says you owe, beside what the log says, by day and model. The file is compared and forgotten."
      />
      <InvoiceForm
        params={place.value.params}
        compare={(invoice) => setGiven({ invoice, turn: (given?.turn ?? 0) + 1 })}
      />
      {given ? (
        <Compared key={given.turn} invoice={given.invoice} />
      ) : (
        <section class="card">
          <HowToGetOne />
        </section>
      )}
    </>
  );
}

function Compared({ invoice }: { readonly invoice: Invoice }) {
  const { provider, text, format, zone } = invoice;
  const request = create(CompareInvoiceRequestSchema, {
    ...{ provider, invoice: text, timeZone: zone },
    format: FORMATS[format].format,
  });
  const answer = useAnswer("", (signal) => analytics.compareInvoice(request, { signal }));
  return (
    <Card title="Compared" answer={answer}>
      {(value) => <Comparison value={value} provider={provider} />}
    </Card>
  );
}

function HowToGetOne() {
  return (
    <Empty title="Where such a file comes from">
      <ul class="ways">
        <li>
          <strong>OpenAI:</strong> the costs API (<code>organization/costs</code>), best grouped by
          line_item; or a CSV of the usage page.
        </li>
        <li>
          <strong>Anthropic:</strong> the cost report API (<code>organizations/cost_report</code>),
          best grouped by description; or a CSV of the console.
        </li>
        <li>
          <strong>Any other:</strong> CSV with a column of days, one of models and one of costs in
          dollars:
        </li>
      </ul>
      <pre tabIndex={0}>
        <code>{SAMPLE}</code>
      </pre>
    </Empty>
  );
}

const SAMPLE = `date,model,cost
2026-11-21,gpt-4o,12.40
2026-11-21,gpt-4o-mini,0.83`;
