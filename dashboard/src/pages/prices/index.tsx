import { PageHead } from "../../parts/page-head";
import { Segments } from "../../parts/segments";
import { place } from "../../state/route";
import type { PageProps } from "../pages";
import { PriceHistory } from "./price-history";
import { PriceList } from "./price-list";
import { UnpricedNames } from "./unpriced-names";

/** What models cost now and did before, and which names have no price. */
export function PricesPage({ caller }: PageProps) {
  const { params } = place.value;
  const [provider, model] = [params.get("of") ?? "", params.get("name")];
  if (model) return <PriceHistory provider={provider} model={model} zone={caller.timeZone} />;
  const show = params.get("show") === "unpriced" ? "unpriced" : "list";
  return (
    <>
      <PageHead
        title="Prices"
        lead="Never edited: a change is a new version, and a call keeps the price of its own time."
      >
        <Segments
          label="What"
          param="show"
          value={show}
          choices={[
            ["list", "Price list"],
            ["unpriced", "Without a price"],
          ]}
        />
      </PageHead>
      {show === "list" ? <PriceList /> : <UnpricedNames zone={caller.timeZone} />}
    </>
  );
}
