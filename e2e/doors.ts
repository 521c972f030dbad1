// Doors before services: a port of this machine that leads to another one, until it is shut.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Door {
  port: number;
  /** Breaks all connections and takes no more, as a host that went away. */
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

/** @param to the port behind it */
export async function openDoor(to: number): Promise<Door> {
  const through = new Set<Socket>();
  let isOpen = true;
  const server = createServer((outside) => {
    if (!isOpen) return void outside.resetAndDestroy();
    const inside = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ]) {
      through.add(one);
      one.on('error', () => {}).on('close', () => through.delete(one) && other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shut = () => {
    isOpen = false;
    for (const socket of through) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    shut,
    open() {
      isOpen = true;
    },
    async close() {
      shut();
      server.close();
      await once(server, 'close');
    },
  };
}
