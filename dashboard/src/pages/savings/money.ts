import { create } from "@bufbuild/protobuf";
import { type Money, MoneySchema } from "proto/types_pb.js";

import { type Decimal, print } from "../../format/decimal";

/** An amount that was added up here. */
export function money(amount: Decimal): Money {
  return create(MoneySchema, { amount: print(amount), currencyCode: "USD" });
}
