import { Empty } from "../parts/empty";

export function NotFound() {
  return (
    <Empty title="There is no such page">
      <p>
        The address may be from an older version. <a href="/">Go to the overview</a>
      </p>
    </Empty>
  );
}
