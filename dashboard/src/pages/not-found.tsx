import { PageHead } from "../parts/page-head";

export function NotFound() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        The address may be from an older version. <a href="/">Go to the overview</a>
      </p>
    </>
  );
}
