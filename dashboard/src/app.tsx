/** The page as a whole: sign-in, or the shell with the page that the address names. */
import { ErrorBoundary } from "./parts/error-boundary";
import { Shell } from "./parts/shell";
import { ProblemBox } from "./parts/problem-box";
import { SignIn } from "./pages/sign-in";
import { pageAt } from "./pages/pages";
import { address } from "./state/address";
import { place } from "./state/route";
import { resume, session } from "./state/session";

export function App() {
  const now = session.value;
  switch (now.state) {
    case "unknown":
      return <p class="starting">Loading…</p>;
    case "signed-out":
      return <SignIn />;
    case "unreachable":
      return (
        <main class="alone">
          <ProblemBox problem={now.problem} again={() => void resume()} />
        </main>
      );
    case "signed-in": {
      const { path, params } = place.value;
      const page = pageAt(path, now.caller);
      return (
        <Shell caller={now.caller} page={page}>
          <ErrorBoundary at={address(path, params)}>
            <page.View key={page.path} caller={now.caller} />
          </ErrorBoundary>
        </Shell>
      );
    }
  }
}
