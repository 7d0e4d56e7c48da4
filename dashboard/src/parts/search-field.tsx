import { useEffect, useState } from "preact/hooks";

import { go, here, place } from "../state/route";

interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly param?: string;
}

/** A search that lies in the address. Enter searches. */
export function SearchField({ label, placeholder, param = "q" }: Props) {
  const searched = place.value.params.get(param) ?? "";
  const [text, setText] = useState(searched);
  useEffect(() => setText(searched), [searched]);
  const search = (value: string) => go(here({ [param]: value.trim() || undefined }));
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        maxLength={256}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button class="button" type="submit">
        Search
      </button>
    </form>
  );
}
