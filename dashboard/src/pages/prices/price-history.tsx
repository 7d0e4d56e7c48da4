import {
  PriceOrigin,
  type PriceSet,
  type PriceVersion,
  type Rate,
} from "proto/pricing_service_pb.js";
import type { Timestamp } from "@bufbuild/protobuf/wkt";

import { prices } from "../../api/services";
import { formatCount } from "../../format/number";
import { formatMeter } from "../../format/price";
import { formatTime } from "../../format/time";
import { AlignedPrice } from "../../parts/aligned-price";
import { DataTable } from "../../parts/data-table";
import { PageHead } from "../../parts/page-head";
import { ProblemBox } from "../../parts/problem-box";
import { useAnswer } from "../../state/answer";
import { here } from "../../state/route";

interface Props {
  readonly provider: string;
  readonly model: string;
  readonly zone: string;
}

/** Every version of one model's price, in the order in which they count. */
export function PriceHistory({ provider, model, zone }: Props) {
  const { value, problem, again } = useAnswer(`${provider}\n${model}`, (signal) =>
    prices.listPriceVersions({ provider, model }, { signal }),
  );
  return (
    <>
      <PageHead
        title={model}
        lead={
          <>
            {value?.provider ?? provider} ·{" "}
            <a href={here({ of: undefined, name: undefined })}>All prices</a>
          </>
        }
      />
      {problem && <ProblemBox problem={problem} again={again} />}
      {value?.versions.map((version, index) => (
        <Version key={index} version={version} zone={zone} />
      ))}
      {!value && !problem && <div class="skeleton" role="status" aria-label="Loading" />}
    </>
  );
}

const ORIGINS: Readonly<Record<PriceOrigin, string>> = {
  [PriceOrigin.UNSPECIFIED]: "No price",
  [PriceOrigin.CATALOGUE]: "Price list",
  [PriceOrigin.CORRECTION]: "Correction",
  [PriceOrigin.OPERATOR]: "Operator's price",
  [PriceOrigin.TENANT]: "Your own price",
};

function Version({ version, zone }: { readonly version: PriceVersion; readonly zone: string }) {
  const { origin, source, inForce, end, sets, effectiveFromTime, effectiveToTime } = version;
  return (
    <section class="card" aria-label={`${ORIGINS[origin]}, ${span(version, zone)}`}>
      <div class="card-head">
        <h2>
          {ORIGINS[origin]}{" "}
          <span class="muted">{span({ effectiveFromTime, effectiveToTime }, zone)}</span>
        </h2>
        {inForce && <span class="badge good">in force</span>}
        {end && <span class="badge warn">ends the prices before</span>}
      </div>
      <p class="note">{source}</p>
      <div class="sets">
        {sets.map((set) => (
          <Set key={set.priceSetId.toString()} set={set} zone={zone} />
        ))}
      </div>
    </section>
  );
}

interface Times {
  readonly effectiveFromTime?: Timestamp | undefined;
  readonly effectiveToTime?: Timestamp | undefined;
}

function span({ effectiveFromTime, effectiveToTime }: Times, zone: string): string {
  const from = effectiveFromTime ? `from ${formatTime(effectiveFromTime, zone)}` : "since ever";
  return effectiveToTime ? `${from} until ${formatTime(effectiveToTime, zone)}` : from;
}

function Set({ set, zone }: { readonly set: PriceSet; readonly zone: string }) {
  const { terms, window, free, rates } = set;
  const said = Object.entries(terms).map(([key, value]) => `${key}=${value}`);
  const title = said.length === 0 ? "For all calls" : `For calls with ${said.join(", ")}`;
  return (
    <div>
      <h3>
        {title}
        {(set.effectiveFromTime ?? set.effectiveToTime) && (
          <span class="muted"> {span(set, zone)}</span>
        )}
      </h3>
      {window && (
        <p class="muted">
          {window.fromTimeOfDay} to {window.toTimeOfDay}, {window.timeZone}
          {window.days.length > 0 && `, ${window.days.join(", ")}`}
        </p>
      )}
      {free ? <p>Costs nothing.</p> : <Rates rates={rates} title={title} />}
    </div>
  );
}

function Rates({ rates, title }: { readonly rates: readonly Rate[]; readonly title: string }) {
  return (
    <DataTable
      slim
      caption={title}
      columns={[
        {
          title: "What",
          head: true,
          render: ({ meter, aboveInputTokens }: Rate) => (
            <>
              {formatMeter(meter)}
              {aboveInputTokens !== undefined && (
                <small> above {formatCount(aboveInputTokens)} input tokens</small>
              )}
            </>
          ),
        },
        {
          title: "Price",
          figure: true,
          render: (rate) => <AlignedPrice rate={rate} />,
        },
      ]}
      rows={rates}
      keyOf={({ meter, aboveInputTokens }) => `${meter} ${aboveInputTokens ?? ""}`}
    />
  );
}
