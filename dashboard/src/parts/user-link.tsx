import { sharedOf } from "../state/question";
import { address } from "../state/address";
import { place } from "../state/route";
import { boundUser } from "../state/session";

interface Props {
  readonly userId: string;
  readonly name?: string;
}

/**
 * A user by name, or by id where none is known. It leads to the user's page, which a key that is
 * bound to one user may not read.
 */
export function UserLink({ userId, name = "" }: Props) {
  if (boundUser.value !== "") return <span title={userId}>{name || userId}</span>;
  const params = sharedOf(place.value.params);
  return (
    <a href={address("/users", params, { id: userId, user: undefined })} title={userId}>
      {name || userId}
    </a>
  );
}
