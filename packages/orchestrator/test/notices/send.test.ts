import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { allowedHostsOf, expectAllowed } from '../../src/notices/allowed-hosts.ts';
import { post, type Resolve } from '../../src/notices/send.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** @returns its port, and what it was asked */
async function listen(answer: RequestListener) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { port: (server.address() as AddressInfo).port, asked };
}

/** Every name has these addresses, one answer after the other. */
const resolving = (...answers: string[][]) => {
  const names: string[] = [];
  const resolveName: Resolve = (name, _, done) => {
    names.push(name);
    const found = answers[Math.min(names.length, answers.length) - 1];
    done(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { resolveName, names };
};

const send = (list: string, url: string, options?: Parameters<typeof post>[2]) =>
  post(expectAllowed(allowedHostsOf(list), url), { headers: { a: 'b' }, body: '{"é":1}' }, options);

test('a body is posted, and the status comes back', async () => {
  let body = '';
  const { port, asked } = await listen((request, response) => {
    request.setEncoding('utf8').on('data', (part) => {
      body += part;
    });
    request.on('end', () => response.writeHead(204).end());
  });
  expect(await send(`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/a?b=c`)).toBe(204);
  expect(body).toBe('{"é":1}');
  expect(asked[0]).toMatchObject({ method: 'POST', url: '/a?b=c' });
  expect(asked[0].headers).toMatchObject({ a: 'b', 'content-type': 'application/json', 'content-length': '8' });
});

test('a name with an address inside is refused before anything is connected, whatever else it has', async () => {
  const { port, asked } = await listen((_, response) => response.end());
  const url = `http://hooks.example.org:${port}/`;
  for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], []]) {
    const { resolveName } = resolving(addresses);
    await expect(send(url.slice(0, -1), url, { resolveName })).rejects.toThrow(
      'hooks.example.org has an address that is not public',
    );
  }
  expect(asked).toHaveLength(0);
});

test('a name is asked about once, and the address that was checked is connected to', async () => {
  const { port, asked } = await listen((_, response) => response.end());
  const { resolveName, names } = resolving(['127.0.0.1'], ['169.254.169.254']);
  const url = `http://hooks.local:${port}`;
  expect(await send(`${url}=127.0.0.0/8`, `${url}/`, { resolveName })).toBe(200);
  expect(names).toEqual(['hooks.local']);
  expect(asked[0].headers.host).toBe(`hooks.local:${port}`);
});

test('redirects are not followed', async () => {
  const { port, asked } = await listen((_, response) => response.writeHead(307, { location: '/secret' }).end());
  const url = `http://127.0.0.1:${port}`;
  expect(await send(url, url)).toBe(307);
  expect(asked).toHaveLength(1);
});

test('an answer without end is left at its head', async () => {
  const { port } = await listen((_, response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write('x'.repeat(1e5)), 1);
    response.on('close', () => clearInterval(more));
  });
  const url = `http://127.0.0.1:${port}`;
  expect(await send(url, url)).toBe(200);
});

test('a head that is too large, silence, and a closed port are failures', async () => {
  const large = await listen((_, response) => response.writeHead(200, { a: 'x'.repeat(20_000) }).end());
  const silent = await listen(() => {});
  const at = (port: number) => `http://127.0.0.1:${port}`;
  await expect(send(at(large.port), at(large.port))).rejects.toThrow(/no connection \(HPE_HEADER_OVERFLOW\)/);
  await expect(send(at(silent.port), at(silent.port), { patience: 100 })).rejects.toThrow('no answer within 0.1 s');
  await expect(send(at(1), at(1))).rejects.toThrow('no connection (ECONNREFUSED)');
});

test('TLS is spoken to a host without http://, and its certificate is checked', async () => {
  const { port } = await listen((_, response) => response.end());
  await expect(send(`127.0.0.1:${port}`, `https://127.0.0.1:${port}/`)).rejects.toThrow(/no connection \(E/);
});
