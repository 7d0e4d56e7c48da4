import { PageHead } from "../parts/page-head";
import type { PageProps } from "./pages";

/** In place of a page that tells of others, for a key that is bound to one user. */
export function NotYours({ caller }: PageProps) {
  return (
    <>
      <PageHead title="This page tells of everybody" />
      <p>
        The key of this session sees the figures of {caller.userId} only. Sign in with another one
        to read it, or <a href="/">go to the overview</a>.
      </p>
    </>
  );
}
