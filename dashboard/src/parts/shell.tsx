import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Caller } from "../state/session";

import { PAGES, type Page } from "../pages/pages";
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
          <ul>
            {PAGES.map(({ path, title }) => (
              <li key={path}>
                <a
                  href={address(path, params)}
                  aria-current={path === page.path ? "page" : undefined}
                >
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-end">
          <ThemeChoice />
          <Account caller={caller} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Account({ caller }: { readonly caller: Caller }) {
  return (
    <div class="account">
      <p title={`key ${caller.keyId}`}>
        {caller.tenantName}
        {caller.userId !== "" && <span class="muted"> · {caller.userId} only</span>}
      </p>
      <button class="button quiet" type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}
