import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ApiKey } from "proto/admin_service_pb.js";

import { formatDay } from "../../format/time";
import { DataTable } from "../../parts/data-table";
import { UserLink } from "../../parts/user-link";

interface Props {
  readonly keys: readonly ApiKey[];
  readonly zone: string;
  /** Id of the key that this page is signed in with. */
  readonly own: string;
  readonly revoke: (key: ApiKey) => void;
}

export function KeyTable({ keys, zone, own, revoke }: Props) {
  return (
    <DataTable
      caption="Keys, newest first"
      columns={[
        {
          title: "For",
          head: true,
          render: ({ displayName, keyId }: ApiKey) => (
            <>
              {displayName || "(no name)"}{" "}
              {keyId === own && <span class="badge accent">this session</span>}
            </>
          ),
        },
        { title: "Id", render: ({ keyId }) => <code>{keyId}</code> },
        {
          title: "Sees",
          render: ({ userId }) => (userId ? <UserLink userId={userId} /> : "everything"),
        },
        {
          title: "Made",
          render: ({ createTime }) => (createTime ? formatDay(createTime, zone) : "–"),
        },
        {
          title: "Ends",
          render: ({ expireTime }) => (expireTime ? formatDay(expireTime, zone) : "never"),
        },
        { title: "State", render: (key) => <State apiKey={key} zone={zone} /> },
        {
          title: "Revoke",
          untitled: true,
          figure: true,
          render: (key) =>
            key.revokeTime === undefined && (
              <button
                class="button quiet"
                type="button"
                onClick={() => revoke(key)}
                aria-label={`Revoke ${key.displayName || key.keyId}`}
              >
                Revoke
              </button>
            ),
        },
      ]}
      rows={keys}
      keyOf={({ keyId }) => keyId}
    />
  );
}

function State({ apiKey, zone }: { readonly apiKey: ApiKey; readonly zone: string }) {
  const { revokeTime, expireTime } = apiKey;
  if (revokeTime) return <span class="badge bad">revoked {formatDay(revokeTime, zone)}</span>;
  const expired = expireTime !== undefined && timestampMs(expireTime) <= Date.now();
  return expired ? <span class="badge warn">ended</span> : <span class="badge good">active</span>;
}
