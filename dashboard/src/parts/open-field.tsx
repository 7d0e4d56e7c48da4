import { useState } from "preact/hooks";

import { go, here } from "../state/route";

/** Opens one thing by its id. */
export function OpenField({ label }: { readonly label: string }) {
  const [id, setId] = useState("");
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim() !== "") go(here({ id: id.trim() }));
      }}
    >
      <input
        aria-label={label}
        placeholder={label}
        maxLength={256}
        value={id}
        onInput={(event) => setId(event.currentTarget.value)}
      />
      <button class="button" type="submit">
        Open
      </button>
    </form>
  );
}
