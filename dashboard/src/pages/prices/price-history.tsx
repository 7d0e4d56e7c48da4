import { PriceOrigin, type PriceVersion, type Rate } from "proto/pricing_service_pb.js";
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
import { type DatedSet, groupSets } from "./price-groups";

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
        {inForce && <span class="badge good">version in force</span>}
        {end && <span class="badge warn">ends the prices before</span>}
      </div>
      <p class="note">{source}</p>
      {groupSets(sets, inForce, Date.now()).map(({ terms, sets }) => (
        <Group key={terms} terms={terms} sets={sets} zone={zone} />
      ))}
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

interface GroupProps {
  readonly terms: string;
  readonly sets: readonly DatedSet[];
  readonly zone: string;
}

/** What calls on the same terms cost, the newest first. */
function Group({ terms, sets, zone }: GroupProps) {
  const title = terms === "" ? "For all calls" : `For calls with ${terms}`;
  return (
    <section class="price-group" aria-label={title}>
      <h3>{title}</h3>
      <div class="sets">
        {sets.map((dated) => (
          <Set key={dated.set.priceSetId.toString()} {...dated} title={title} zone={zone} />
        ))}
      </div>
    </section>
  );
}

interface SetProps extends DatedSet {
  readonly title: string;
  readonly zone: string;
}

function Set({ set, holds, title, zone }: SetProps) {
  const { window, free, rates } = set;
  return (
    <div>
      <p class="set-head">
        <span class="muted">{span(set, zone)}</span>{" "}
        {holds === "now" && <span class="badge good">in force</span>}
        {holds === "hours" && <span class="badge good">in force at these hours</span>}
      </p>
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
