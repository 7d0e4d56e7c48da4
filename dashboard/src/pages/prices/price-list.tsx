import type { ModelPrice, Rate } from "proto/pricing_service_pb.js";

import { prices } from "../../api/services";
import { formatPlural } from "../../format/number";
import { Card } from "../../parts/card";
import { AlignedPrice } from "../../parts/aligned-price";
import { DataTable } from "../../parts/data-table";
import { Empty } from "../../parts/empty";
import { Pager } from "../../parts/pager";
import { SearchField } from "../../parts/search-field";
import { usePages } from "../../state/pages-of";
import { here, place } from "../../state/route";

const PAGE_SIZE = 100;

/** The models with the prices in force. */
export function PriceList() {
  const { params } = place.value;
  const [modelContains, provider] = [params.get("q") ?? "", params.get("by") ?? ""];
  const pages = usePages<ModelPrice, { items: ModelPrice[]; nextPageToken: string }>(
    `${provider}\n${modelContains}`,
    async (pageToken, signal) => {
      const request = { provider, modelContains, pageSize: PAGE_SIZE, pageToken };
      const answer = await prices.listPrices(request, { signal });
      return { items: answer.prices, nextPageToken: answer.nextPageToken };
    },
  );
  return (
    <>
      <div class="bar">
        <SearchField label="Search models" placeholder="A part of the model's name" />
        {provider && (
          <span class="chip">
            <span class="muted">Provider</span> {provider}
            <a
              href={here({ by: undefined })}
              aria-label={`Show other providers than ${provider} too`}
            >
              <span aria-hidden="true">×</span>
            </a>
          </span>
        )}
      </div>
      <Card title="In force now" answer={pages.first}>
        {() =>
          pages.items.length === 0 ? (
            <Empty title="No model is called that">
              <p>A price of your own is added by:</p>
              <pre tabIndex={0}>
                <code>{`aiusage prices create PROVIDER MODEL --source "contract" \\\n    --rate input_tokens=0.8 --rate output_tokens=4`}</code>
              </pre>
            </Empty>
          ) : (
            <>
              <PriceTable rows={pages.items} />
              <Pager
                shown={formatPlural(pages.items.length, "model")}
                more={pages.more}
                loading={pages.loading}
                onMore={pages.next}
              />
            </>
          )
        }
      </Card>
    </>
  );
}

/** The meters that have a column of their own. */
const METERS = [
  ["Input", "input_tokens"],
  ["From cache", "cache_read_tokens"],
  ["Output", "output_tokens"],
] as const;

function PriceTable({ rows }: { readonly rows: readonly ModelPrice[] }) {
  return (
    <DataTable
      caption="Prices in force"
      columns={[
        {
          title: "Model",
          head: true,
          render: ({ provider, model }: ModelPrice) => (
            <a href={here({ of: provider, name: model })}>{model}</a>
          ),
        },
        {
          title: "Provider",
          render: ({ provider }) => <a href={here({ by: provider })}>{provider}</a>,
        },
        ...METERS.map(([title, meter]) => ({
          title,
          figure: true,
          render: (price: ModelPrice) => <MeterPrice price={price} meter={meter} />,
        })),
        { title: "Others", figure: true, render: ({ rates }) => others(rates) },
      ]}
      rows={rows}
      keyOf={({ provider, model }) => `${provider}\n${model}`}
    />
  );
}

function MeterPrice({ price, meter }: { readonly price: ModelPrice; readonly meter: string }) {
  if (price.free) return <span class="muted">free</span>;
  const rates = price.rates.filter((rate) => rate.meter === meter);
  const base = rates.find(({ aboveInputTokens }) => aboveInputTokens === undefined);
  if (!base) return <span class="muted">–</span>;
  const more = rates.length > 1 ? `${rates.length - 1} more by size of the input` : undefined;
  return (
    <span title={more}>
      <AlignedPrice rate={base} />
      {more && <sup aria-label={more}>+</sup>}
    </span>
  );
}

/** How many meters have a price and no column. */
function others(rates: readonly Rate[]) {
  const shown = METERS.map(([, meter]) => meter as string);
  const rest = new Set(rates.map(({ meter }) => meter).filter((meter) => !shown.includes(meter)));
  const names = [...rest].join(", ");
  return rest.size === 0 ? <span class="muted">–</span> : <span title={names}>{rest.size}</span>;
}
