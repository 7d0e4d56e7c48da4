import { useUserName } from "../state/names";
import { sharedOf } from "../state/question";
import { address } from "../state/address";
import { place } from "../state/route";
import { boundUser } from "../state/session";

interface Props {
  readonly userId: string;
  /** What an answer says of the name. Absent: it does not say; the directory is asked. */
  readonly name?: string;
}

/**
 * A user by name, or by id where none is known. It leads to the user's page, which a key that is
 * bound to one user may not read.
 */
export function UserLink({ userId, name }: Props) {
  const shown = useUserName(userId, name);
  if (boundUser.value !== "") return <span title={userId}>{shown}</span>;
  const params = sharedOf(place.value.params);
  return (
    <a href={address("/users", params, { id: userId, user: undefined })} title={userId}>
      {shown}
    </a>
  );
}

/** A user by name where a link would lead to where one is. */
export function UserName({ userId }: { readonly userId: string }) {
  return <span title={userId}>{useUserName(userId)}</span>;
}
