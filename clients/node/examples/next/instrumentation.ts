// Next runs this once, when a server starts.
export async function register(): Promise<void> {
  // The edge runtime has no connections of its own; records are made on Node.
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return;
  const { configure } = await import("aiusage");
  configure({
    // Calls that nobody can be named for, such as those of a page that is built beforehand.
    defaultUserId: "nobody",
    onDrop: ({ reason, message }) => console.error(`a usage record is lost: ${reason}, ${message}`),
  });
}
