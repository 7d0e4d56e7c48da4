import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Caller } from "../state/session";

import { type Page, mayRead, titleOf } from "../pages/pages";
import { MENU, type Path } from "../pages/paths";
import { sharedOf } from "../state/question";
import { address } from "../state/address";
import { place } from "../state/route";
import { signOut } from "../state/session";
import { Brand } from "./brand";
import { ThemeChoice } from "./theme-choice";

interface Props {
  readonly caller: Caller;
  readonly page: Page;
  readonly children: ComponentChildren;
}

/** The menu around every page. It takes the question along from page to page. */
export function Shell({ caller, page, children }: Props) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the menu scrolls. (scrollIntoView would move the start of Tab, too.)
    const link = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (link) nav.current?.scrollTo({ left: link.offsetLeft - 48 });
    document.title = `${page.title} · aiusage`;
  }, [page.title]);
  const params = sharedOf(place.value.params);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="side">
        <a class="home" href={address("/", params)} aria-label="aiusage, overview">
          <Brand />
        </a>
        <nav aria-label="Pages" ref={nav}>
          {MENU.map((group) => (
            <Group key={group.title} {...group} caller={caller} current={page.path} />
          ))}
        </nav>
        <div class="side-end">
          <ThemeChoice />
          <Account caller={caller} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {caller.userId !== "" && (
          <p class="own-figures">
            Figures of <strong>{caller.userId}</strong> only
          </p>
        )}
        {children}
      </main>
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly paths: readonly Path[];
  readonly caller: Caller;
  readonly current: string;
}

/** A part of the menu: the pages of it that the key may read. */
function Group({ title, paths, caller, current }: GroupProps) {
  const id = useId();
  const params = sharedOf(place.value.params);
  const shown = paths.filter((path) => mayRead(caller, path));
  if (shown.length === 0) return null;
  return (
    <div class="menu-group">
      {title !== "" && (
        <p class="menu-title" id={id}>
          {title}
        </p>
      )}
      <ul aria-labelledby={title === "" ? undefined : id}>
        {shown.map((path) => (
          <li key={path}>
            <a href={address(path, params)} aria-current={path === current ? "page" : undefined}>
              {titleOf(path)}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Account({ caller }: { readonly caller: Caller }) {
  return (
    <div class="account">
      <p title={`key ${caller.keyId}`}>{caller.tenantName}</p>
      <button class="button quiet" type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}
