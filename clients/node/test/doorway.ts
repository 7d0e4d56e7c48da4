/** The way to the server, which can be shut and opened again. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Doorway {
  readonly #far: URL;
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  #port = 0;

  constructor(serverAddress: string = process.env["AIUSAGE_ADDRESS"]!) {
    this.#far = new URL(serverAddress);
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on connections get through, at the same address as before. */
  async open(): Promise<void> {
    this.#listener = createServer((near) => this.#join(near));
    await once(this.#listener.listen(this.#port, "127.0.0.1"), "listening");
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** From now on connections are refused, and those that are open break. */
  async shut(): Promise<void> {
    const closed = this.#listener && once(this.#listener.close(), "close");
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }

  #join(near: Socket): void {
    const far = connect(Number(this.#far.port), this.#far.hostname);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      // To be cut off is what the tests are about.
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  }
}

/** A doorway that was open for a moment, so that its address is known, and is shut now. */
export async function shutDoorway(): Promise<Doorway> {
  const doorway = new Doorway();
  await doorway.open();
  await doorway.shut();
  return doorway;
}
