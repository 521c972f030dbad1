// A proxy before several servers, as a load balancer is: it asks each for /readyz, sends requests to those that are ready, and
// passes streams on as they come.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const LOOK_MS = 200;

export interface Proxy {
  url: string;
  /** Ports of the servers, ready or not. */
  servers: Set<number>;
  /** Ports that get requests. */
  ready(): number[];
  /** Answers of 500 and above that callers got. */
  failures: { method: string; path: string; status: number; at: number }[];
  stop(): Promise<void>;
}

export async function startProxy(): Promise<Proxy> {
  const agent = new Agent({ keepAlive: true });
  const servers = new Set<number>();
  const up = new Set<number>();
  const failures: Proxy['failures'] = [];
  let turn = 0;

  const isReady = (port: number) =>
    new Promise<boolean>((answer) => {
      const asked = request({ host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: 3_000 }, (reply) => {
        reply.resume();
        answer(reply.statusCode === 200);
      });
      asked.on('error', () => answer(false)).on('timeout', () => asked.destroy());
      asked.end();
    });
  let stopped = false;
  const look = async () => {
    await Promise.all(
      [...servers].map(async (port) => {
        if (await isReady(port)) up.add(port);
        else up.delete(port);
      }),
    );
    for (const port of up) if (!servers.has(port)) up.delete(port);
    if (!stopped) setTimeout(look, LOOK_MS);
  };
  void look();

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const body = await buffer(incoming);
    const fail = (status: number, text: string) => {
      failures.push({ method, path: path.split('?')[0], status, at: Date.now() });
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(status).end(text);
    };
    const ports = [...up];
    const order = ports.map((_, i) => ports[(turn + i) % ports.length]);
    turn++;
    const attempt = ([port, ...others]: number[]): void => {
      if (port === undefined) {
        fail(503, 'no server is ready');
        return;
      }
      const headers = { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress };
      let connected = false;
      const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent }, (reply) => {
        if ((reply.statusCode ?? 0) >= 500)
          failures.push({ method, path, status: reply.statusCode ?? 0, at: Date.now() });
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        answer.flushHeaders();
        reply.on('error', () => answer.destroy()).pipe(answer);
      });
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) connected = true;
        else
          socket.once('connect', () => {
            connected = true;
          });
      });
      outgoing.on('error', () => {
        if (answer.headersSent) return void answer.destroy();
        // Nothing has come of it, or it may be repeated.
        if (!connected || method === 'GET' || outgoing.reusedSocket) attempt(others);
        else fail(502, 'the server went away');
      });
      answer.on('close', () => outgoing.destroy());
      outgoing.end(body);
    };
    attempt(order);
  }

  const server = createServer((incoming, answer) => {
    answer.on('error', () => {});
    pass(incoming, answer).catch(() => answer.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    servers,
    ready: () => [...up],
    failures,
    async stop() {
      stopped = true;
      agent.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
