import { Component, type ComponentChildren } from "preact";

interface Props {
  /** The address: another one is tried anew. */
  readonly at: string;
  readonly children: ComponentChildren;
}

interface State {
  readonly error: Error | undefined;
}

/** In place of a page that could not be drawn: what happened, and ways on. The menu stays. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static override getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: unknown): void {
    // For who looks into it; the page itself shows the message alone.
    console.error(error);
  }

  override componentDidUpdate(before: Props): void {
    if (before.at !== this.props.at && this.state.error) this.setState({ error: undefined });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div class="card broken" role="alert">
        <h1>This page could not be shown</h1>
        <p>
          Your figures are safe: the fault is in the page, or in something that its address asks
          for. It said:
        </p>
        <pre tabIndex={0}>
          <code>{error.message}</code>
        </pre>
        <p>
          <button class="button primary" type="button" onClick={() => window.location.reload()}>
            Load the page again
          </button>{" "}
          <a class="button" href={window.location.pathname}>
            Open it without filters
          </a>{" "}
          <a class="button" href="/">
            Go to the overview
          </a>
        </p>
      </div>
    );
  }
}
