import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { SearchField } from "../../parts/search-field";
import { useAsked } from "../../state/asked";
import { place } from "../../state/route";
import type { PageProps } from "../pages";
import { FoundUsers } from "./found-users";
import { TopUsers } from "./top-users";

export function UserList({ caller }: PageProps) {
  const asked = useAsked(caller);
  const search = place.value.params.get("q") ?? "";
  return (
    <>
      <PageHead title="Users">
        <QuestionBar caller={caller} />
      </PageHead>
      <div class="bar">
        <SearchField label="Search users" placeholder="Id, name or e-mail" />
      </div>
      {search !== "" && <FoundUsers search={search} zone={asked.zone} />}
      <TopUsers asked={asked} />
    </>
  );
}
