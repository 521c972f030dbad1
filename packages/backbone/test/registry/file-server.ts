/** Servers of the tests on loopback: of files, in all the ways that a download goes wrong, and a proxy. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface Served {
  url: string;
  /** `METHOD PATH RANGE`, as they came. */
  requests: string[];
  /** Breaks every connection off, in the middle of what it answers. */
  breakOff(): void;
  close(): Promise<void>;
}

export type Answer = (asked: IncomingMessage, answer: ServerResponse) => void;

export async function serve(answer: Answer): Promise<Served> {
  const requests: string[] = [];
  const server = createServer((asked, given) => {
    requests.push([asked.method, asked.url, asked.headers.range ?? ''].join(' ').trim());
    answer(asked, given);
  });
  return { ...(await listening(server)), requests };
}

/**
 * A file as a good server gives it: ranges, conditions, an ETag.
 *
 * @param cut bytes of each answer before it stops, until the test breaks it off: a client loses what it had not read by then.
 *   None are broken off at once
 */
export function file(bytes: Uint8Array, { cut }: { cut?: () => number | undefined } = {}): Answer {
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}"`;
  return ({ headers }, answer) => {
    const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const isPart = from !== undefined && (headers['if-range'] ?? etag) === etag;
    if (isPart && Number(from) >= bytes.length) {
      answer.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const start = isPart ? Number(from) : 0;
    const body = bytes.subarray(start);
    answer.writeHead(isPart ? 206 : 200, {
      etag,
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ...(isPart ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const most = cut?.();
    if (most === undefined || most >= body.length) answer.end(body);
    else if (most > 0) answer.write(body.subarray(0, most));
    else {
      answer.flushHeaders();
      setTimeout(() => answer.destroy(), 20);
    }
  };
}

/** A proxy, by tunnels and plainly. */
export async function serveProxy(): Promise<Served> {
  const requests: string[] = [];
  const server = createServer((asked, given) => {
    requests.push(`${asked.method} ${asked.url}`);
    asked.pipe(
      request(asked.url as string, { method: asked.method, headers: asked.headers }, (answer) => {
        given.writeHead(answer.statusCode as number, answer.headers);
        answer.pipe(given);
      }),
    );
  });
  server.on('connect', ({ url }, socket) => {
    requests.push(`CONNECT ${url}`);
    const { hostname, port } = new URL(`http://${url}`);
    const there = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const end of [there, socket]) end.on('error', () => there.destroy());
  });
  return { ...(await listening(server)), requests };
}

async function listening(server: Server) {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => sockets.add(socket));
  const breakOff = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakOff,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        breakOff();
      }),
  };
}
