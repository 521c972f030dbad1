/** An HTTP proxy before an S3 server that fails as servers and networks do. */
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Fault =
  /** Answers with this and forwards nothing. */
  | { kind: 'status'; status: number; code: string }
  /** Passes the request's body to a function and answers 200. */
  | { kind: 'instead'; do: (body: Buffer) => Promise<unknown> }
  /** Closes the connection and forwards nothing. */
  | { kind: 'cut' }
  /** Forwards the request and closes the connection instead of answering: the caller cannot know that it succeeded. */
  | { kind: 'cut-answer' }
  /** Forwards so many bytes of the answer's body, then closes the connection. */
  | { kind: 'cut-body'; after: number }
  /** Never answers. */
  | { kind: 'stall' }
  /** Forwards so many bytes of the answer's body, then nothing more. */
  | { kind: 'stall-body'; after: number };

export interface FaultProxy {
  endpoint: string;
  /** Picks the fault of a request; called once for each. Undefined: none. */
  fault: (request: IncomingMessage) => Fault | undefined;
  /** Requests so far, as `METHOD /path?query`, and their ranges. */
  seen: string[];
  stop(): Promise<void>;
}

/** @param target http://host:port; the Host header is signed, so it is forwarded unchanged */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<ClientRequest>();
  const server = createServer((incoming, answer) => {
    proxy.seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.range ?? ''}`.trim());
    const fault = proxy.fault(incoming);
    answer.on('error', () => {});
    incoming.on('error', () => {});
    if (fault?.kind === 'cut') return incoming.socket.destroy();
    if (fault?.kind === 'stall') return incoming.resume();
    if (fault?.kind === 'status') {
      const { status, code } = fault;
      incoming.resume().on('end', () => {
        answer.writeHead(status, { 'content-type': 'application/xml' });
        answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>injected</Message></Error>`);
      });
      return;
    }
    if (fault?.kind === 'instead') {
      void buffer(incoming)
        .then(fault.do)
        .then(() => answer.end());
      return;
    }
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (reply) => {
      reply.on('error', () => answer.destroy());
      if (fault?.kind === 'cut-answer') {
        reply.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      answer.writeHead(reply.statusCode!, reply.headers);
      if (!fault) return reply.pipe(answer);
      let left = fault.after;
      reply.on('data', (chunk: Buffer) => {
        if (left === 0) return;
        const part = chunk.subarray(0, left);
        left -= part.length;
        answer.write(part, () => {
          if (left === 0 && fault.kind === 'cut-body') incoming.socket.destroy();
        });
      });
    });
    open.add(outgoing);
    outgoing.on('close', () => open.delete(outgoing));
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => undefined,
    seen: [],
    async stop() {
      for (const outgoing of open) outgoing.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/**
 * Makes a server take `If-None-Match` and ignore it, as moto 5.0.0 and some gateways do. The header is signed, so it cannot
 * be left out on the way: the object is written by another client.
 */
export function ignoreConditions(proxy: FaultProxy, write: (name: string, body: Buffer) => Promise<unknown>): void {
  proxy.fault = ({ headers, url = '' }) => {
    if (!headers['if-none-match']) return undefined;
    const name = decodeURIComponent(new URL(url, proxy.endpoint).pathname).split('/').slice(2).join('/');
    return { kind: 'instead', do: (body) => write(name, body) };
  };
}
