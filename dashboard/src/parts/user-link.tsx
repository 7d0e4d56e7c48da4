import { sharedOf } from "../state/question";
import { address } from "../state/address";
import { place } from "../state/route";

interface Props {
  readonly userId: string;
  readonly name?: string;
}

/** A user by name, or by id where none is known. It leads to the user's page. */
export function UserLink({ userId, name = "" }: Props) {
  const params = sharedOf(place.value.params);
  return (
    <a href={address("/users", params, { id: userId, user: undefined })} title={userId}>
      {name || userId}
    </a>
  );
}
