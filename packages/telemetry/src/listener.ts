/** A small HTTP listener for a process that serves nothing else: probes and metrics. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exposition, mayRead } from './expose.ts';
import { type Probes, publicly } from './probes.ts';

export interface Listener {
  port: number;
  close(): Promise<void>;
}

export interface ListenerOptions {
  host: string;
  port: number;
  probes: Probes;
  /** Reads `/metrics`; without it only callers of this machine may, and only if the listener is on loopback. */
  token?: string;
}

/** @throws Error if the port is taken */
export async function openListener({ host, port, probes, token }: ListenerOptions): Promise<Listener> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(response, 405, { error: 'expected GET' });
    if (path === '/healthz') return json(response, 200, { alive: true });
    if (path === '/readyz') {
      const answer = await probes.readiness();
      return json(response, answer.ready ? 200 : 503, publicly(answer));
    }
    if (path !== '/metrics') return json(response, 404, { error: 'expected /healthz, /readyz or /metrics' });
    if (!mayRead({ address: request.socket.remoteAddress ?? '', headers: request.headers }, { host, token })) {
      response.setHeader('www-authenticate', 'Bearer realm="Saltworks"');
      return json(response, 401, { error: 'metrics need a token; expected SALTWORKS_METRICS_TOKEN as bearer' });
    }
    const { type, text } = await exposition();
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
