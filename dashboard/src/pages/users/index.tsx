import { place } from "../../state/route";
import type { PageProps } from "../pages";
import { UserList } from "./user-list";
import { UserView } from "./user-view";

/** Users: those who cost most, a search, or one of them. */
export function UsersPage({ caller }: PageProps) {
  const id = place.value.params.get("id");
  return id ? <UserView key={id} caller={caller} userId={id} /> : <UserList caller={caller} />;
}
