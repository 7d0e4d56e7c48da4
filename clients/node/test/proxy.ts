/** A TCP proxy in front of the server that can cut its connections. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly address: string;
  /** Breaks every connection that is open. */
  cut(): void;
  close(): void;
}

export async function proxyTo(serverAddress: string): Promise<Proxy> {
  const { hostname, port } = new URL(serverAddress);
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      // A cut is what the tests are about.
      socket.on("error", () => {});
    }
    near.pipe(far).pipe(near);
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const close = () => {
    listener.close();
    cut();
  };
  return { address: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, cut, close };
}
