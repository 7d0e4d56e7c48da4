import type { UnpricedName } from "proto/cost_service_pb.js";
import { CostStatus } from "proto/types_pb.js";

import { costs } from "../../api/services";
import { formatPlural } from "../../format/number";
import { formatTime } from "../../format/time";
import { Card } from "../../parts/card";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Empty } from "../../parts/empty";
import { Pager } from "../../parts/pager";
import { usePages } from "../../state/pages-of";

/** The names under which calls have no cost, and what to do about them. */
export function UnpricedNames({ zone }: { readonly zone: string }) {
  type Page = { items: UnpricedName[]; nextPageToken: string; totalCount: bigint };
  const pages = usePages<UnpricedName, Page>("unpriced", async (pageToken, signal) => {
    const answer = await costs.listUnpriced({ pageToken }, { signal });
    const { names, nextPageToken, totalCount } = answer;
    return { items: names, nextPageToken, totalCount };
  });
  return (
    <Card title="Names without a price" answer={pages.first}>
      {({ totalCount }) =>
        pages.items.length === 0 ? (
          <Empty title="Every call has a price">
            <p>Names that no price list knows would be listed here.</p>
          </Empty>
        ) : (
          <>
            <div class="note-box">
              <p>
                <Count count={totalCount} /> calls have no cost. Say which model a name means, or
                give it a price; the calls are then priced at their own time:
              </p>
              <pre tabIndex={0}>
                <code>{advice(pages.items[0])}</code>
              </pre>
            </div>
            <Names rows={pages.items} zone={zone} />
            <Pager
              shown={formatPlural(pages.items.length, "name")}
              more={pages.more}
              loading={pages.loading}
              onMore={pages.next}
            />
          </>
        )
      }
    </Card>
  );
}

function advice(name: UnpricedName | undefined): string {
  const model = name?.model || name?.responseModel || "NAME";
  const provider = name?.provider || "PROVIDER";
  return [
    `aiusage aliases add ${model} PROVIDER MODEL --for-provider ${provider}`,
    `aiusage prices create ${provider} ${model} --source "contract" \\`,
    "    --rate input_tokens=0.8 --rate output_tokens=4",
  ].join("\n");
}

const REASONS: Readonly<Partial<Record<CostStatus, string>>> = {
  [CostStatus.UNKNOWN_MODEL]: "unknown model",
  [CostStatus.UNKNOWN_PROVIDER]: "unknown provider",
  [CostStatus.NO_PRICE]: "no price at its time",
};

function Names({ rows, zone }: { readonly rows: readonly UnpricedName[]; readonly zone: string }) {
  return (
    <DataTable
      caption="Names without a price"
      columns={[
        {
          title: "Model",
          head: true,
          render: ({ model, responseModel }: UnpricedName) => model || responseModel,
        },
        { title: "Provider", render: ({ provider }) => provider || "–" },
        {
          title: "Why",
          render: ({ costStatus }) => <span class="badge warn">{REASONS[costStatus]}</span>,
        },
        {
          title: "Last call",
          render: ({ lastEventTime }) => (lastEventTime ? formatTime(lastEventTime, zone) : "–"),
        },
        {
          title: "Calls",
          figure: true,
          render: ({ requestCount }) => <Count count={requestCount} />,
        },
      ]}
      rows={rows}
      keyOf={({ provider, model, responseModel, apiUrl, costStatus }) =>
        [provider, model, responseModel, apiUrl, costStatus].join("\n")
      }
    />
  );
}
