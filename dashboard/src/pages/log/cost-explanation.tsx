import type {
  CostLine,
  CostRevision,
  CostSource,
  ExplainCostResponse,
} from "proto/cost_service_pb.js";
import { CostStatus, type Money } from "proto/types_pb.js";

import { UNKNOWN_COST } from "../../format/money";
import { formatExact } from "../../format/number";
import { formatMeter, formatPer } from "../../format/price";
import { formatTime } from "../../format/time";
import { DataTable } from "../../parts/data-table";
import { Facts } from "../../parts/facts";

interface Props {
  readonly explanation: ExplainCostResponse;
  readonly zone: string;
}

/** How a cost came about, line by line, with every digit. */
export function CostExplanation({ explanation, zone }: Props) {
  const { cost, costStatus, lines, sources, revisions, unpricedMeters } = explanation;
  return (
    <>
      <p class="record-cost">
        <data value={cost?.amount}>{exact(cost)}</data>{" "}
        <span class={cost ? "badge" : "badge warn"}>{STATUSES[costStatus]}</span>
      </p>
      {!cost && <NoPrice explanation={explanation} />}
      {lines.length > 0 && <Lines lines={lines} own={explanation.ownCost} />}
      {unpricedMeters.length > 0 && (
        <p class="note-box">
          Not in the cost, for want of a price: {unpricedMeters.map(formatMeter).join(", ")}.
        </p>
      )}
      <Facts
        of={[
          [
            "Priced as",
            explanation.pricedModel && (
              <>
                {explanation.pricedProvider} / {explanation.pricedModel}{" "}
                <span class="muted">by {explanation.resolvedBy.replaceAll("_", " ")}</span>
              </>
            ),
          ],
          ["Terms", terms(explanation.priceContext)],
          ["Reported cost", explanation.reportedCost && exact(explanation.reportedCost)],
          [
            "Reported less own",
            explanation.reportedDifference && exact(explanation.reportedDifference),
          ],
        ]}
      />
      {sources.map((source) => (
        <Source key={source.priceSetId.toString()} source={source} zone={zone} />
      ))}
      {revisions.length > 0 && <Revisions revisions={revisions} zone={zone} />}
    </>
  );
}

const STATUSES: Readonly<Record<CostStatus, string>> = {
  [CostStatus.UNSPECIFIED]: "",
  [CostStatus.PRICED]: "priced in full",
  [CostStatus.FREE]: "free",
  [CostStatus.PARTIAL]: "priced in part",
  [CostStatus.UNKNOWN_MODEL]: "unknown model",
  [CostStatus.UNKNOWN_PROVIDER]: "unknown provider",
  [CostStatus.NO_PRICE]: "no price at its time",
  [CostStatus.REPORTED]: "as reported",
};

function exact(money: Money | undefined): string {
  return money ? `$${formatExact(money.amount)}`.replace("$\u2212", "\u2212$") : UNKNOWN_COST;
}

function terms(of: Readonly<Record<string, string>>): string {
  return Object.entries(of)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

function NoPrice({ explanation }: { readonly explanation: ExplainCostResponse }) {
  const { provider, model } = explanation;
  return (
    <div class="note-box">
      <p>The call is priced as soon as its model has a price or a name that the list knows:</p>
      <pre tabIndex={0}>
        <code>{`aiusage aliases add ${model} PROVIDER MODEL --for-provider ${provider || "PROVIDER"}`}</code>
      </pre>
    </div>
  );
}

function Lines({
  lines,
  own,
}: {
  readonly lines: readonly CostLine[];
  readonly own: Money | undefined;
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Lines of the cost">
      <DataTable
        caption="Lines of the cost"
        columns={[
          {
            title: "What",
            head: true,
            render: ({ meter, aboveInputTokens }: CostLine) => (
              <>
                {formatMeter(meter)}
                {aboveInputTokens !== undefined && (
                  <small> above {formatExact(aboveInputTokens.toString())} input tokens</small>
                )}
              </>
            ),
          },
          {
            title: "Quantity",
            figure: true,
            render: ({ quantity, reportedQuantity }) => (
              <span title={`${reportedQuantity} reported`}>{formatExact(quantity)}</span>
            ),
          },
          {
            title: "Price",
            figure: true,
            render: ({ price, per }) => (
              <>
                {exact(price)} <span class="muted">{formatPer(per)}</span>
              </>
            ),
          },
          {
            title: "Cost",
            figure: true,
            render: ({ cost, rounded }) => (
              <span title={rounded ? "rounded half-even to 18 digits" : undefined}>
                {exact(cost)}
              </span>
            ),
          },
        ]}
        rows={lines}
        keyOf={({ meter, priceSetId, aboveInputTokens }) =>
          `${meter} ${priceSetId} ${aboveInputTokens ?? ""}`
        }
      />
      <p class="lines-sum">
        <span class="muted">Sum</span> <strong>{exact(own)}</strong>
      </p>
    </div>
  );
}

function Source({ source, zone }: { readonly source: CostSource; readonly zone: string }) {
  const { priceSetId, origin, effectiveFromTime, effectiveToTime } = source;
  const since = effectiveFromTime ? `from ${formatTime(effectiveFromTime, zone)}` : "since ever";
  const until = effectiveToTime ? ` until ${formatTime(effectiveToTime, zone)}` : "";
  return (
    <p class="source muted">
      Price set {priceSetId.toString()} ({origin}
      {terms(source.terms) && `, ${terms(source.terms)}`}), {since}
      {until}: {source.source}
    </p>
  );
}

function Revisions({
  revisions,
  zone,
}: {
  readonly revisions: readonly CostRevision[];
  readonly zone: string;
}) {
  return (
    <>
      <h3>Corrections</h3>
      <ol class="revisions">
        {revisions.map(({ revision, oldCost, cost, recordTime, reason, createdBy }) => (
          <li key={revision}>
            {exact(oldCost)} → <strong>{exact(cost)}</strong>{" "}
            <span class="muted">
              {recordTime && formatTime(recordTime, zone)}
              {reason && `, ${reason}`}
              {createdBy ? `, by key ${createdBy}` : ", by the service"}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
