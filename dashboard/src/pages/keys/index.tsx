import { useState } from "preact/hooks";
import type { ApiKey } from "proto/admin_service_pb.js";

import { admin } from "../../api/services";
import { formatPlural } from "../../format/number";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { PageHead } from "../../parts/page-head";
import { Pager } from "../../parts/pager";
import { usePages } from "../../state/pages-of";
import type { PageProps } from "../pages";
import { KeyTable } from "./key-table";
import { NewKey } from "./new-key";
import { RevokeKey } from "./revoke-key";

/** The keys of the tenant: those there are, a new one, and the end of one. */
export function KeysPage({ caller }: PageProps) {
  const [turn, setTurn] = useState(0);
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<ApiKey>();
  const pages = usePages<ApiKey, { items: ApiKey[]; nextPageToken: string }>(
    turn.toString(),
    async (pageToken, signal) => {
      const answer = await admin.listKeys({ pageToken }, { signal });
      return { items: answer.keys, nextPageToken: answer.nextPageToken };
    },
  );
  const refresh = () => setTurn((turn) => turn + 1);
  return (
    <>
      <PageHead
        title="Keys"
        lead="Programs and people sign in with a key. It is shown once, when it is made."
      >
        <button class="button primary" type="button" onClick={() => setMaking(true)}>
          New key
        </button>
      </PageHead>
      <Card title="Keys of this tenant" answer={pages.first}>
        {() =>
          pages.items.length === 0 ? (
            <Empty title="There is no key yet" />
          ) : (
            <>
              <KeyTable
                keys={pages.items}
                zone={caller.timeZone}
                own={caller.keyId}
                revoke={setEnding}
              />
              <Pager
                shown={formatPlural(pages.items.length, "key")}
                more={pages.more}
                loading={pages.loading}
                onMore={pages.next}
              />
            </>
          )
        }
      </Card>
      {making && <NewKey made={refresh} close={() => setMaking(false)} />}
      {ending && (
        <RevokeKey
          apiKey={ending}
          own={ending.keyId === caller.keyId}
          ended={refresh}
          close={() => setEnding(undefined)}
        />
      )}
    </>
  );
}
