import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addEvent } from '../../dist/campaigns/assignments/events.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

const everyMs = 200;

describeDatabases('streams', ({ open }) => {
  let db: Kysely<Schema>;
  let server: TestServer;
  let world: World;
  const sockets: Socket[] = [];
  /** The server's ends of streams. */
  const connections = new Set<Socket>();
  beforeAll(async () => {
    const database = await open();
    db = database.db;
    server = await openServer(database, { everyMs });
    world = await makeWorld(server);
    server.app.server.on('connection', (socket) => connections.add(socket));
  }, 60_000);
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await server?.close();
  });

  const happen = (count: number, reason = '', assignment = world.ours.assignment) =>
    db.transaction().execute(async (tx) => {
      for (let i = 0; i < count; i++) await addEvent(tx, assignment, 'none', { n: 1, reason });
    });
  const last = async (assignment = world.ours.assignment) => {
    const { event } = await db
      .selectFrom('assignment')
      .select('event')
      .where('id', '=', assignment)
      .executeTakeFirstOrThrow();
    return event;
  };

  /** A reader of a stream. `ids`: events received. */
  async function listen(path: string, { key = world.keys.annotator, headers = {}, on = server } = {}) {
    const { hostname, port } = new URL(on.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    const lines = Object.entries({ host: 'x', authorization: `Bearer ${key}`, ...headers });
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const reader = {
      socket,
      text: '',
      closed: false,
      ids: () => [...reader.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    };
    socket.setEncoding('utf8').on('data', (text) => {
      reader.text += text;
    });
    socket.on('close', () => {
      reader.closed = true;
    });
    socket.on('error', () => {});
    return reader;
  }
  const events = () => `/api/assignments/${world.ours.assignment}/events`;
  const patient = { timeout: 20_000, interval: 10 };

  test('send past events, then new ones', async () => {
    await happen(3);
    const n = await last();
    const reader = await listen(`${events()}?after=${n - 2}`);
    await expect.poll(reader.ids, patient).toEqual([n - 1, n]);
    expect(reader.text).toContain('content-type: text/event-stream');
    expect(reader.text).toContain('x-accel-buffering: no');
    expect(reader.text).toContain('retry: 1000\n\n');
    expect(reader.text).toContain(`id: ${n}\nevent: none\ndata: {"n":1,"reason":""}\n\n`);
    await happen(2);
    await happen(5, '', world.theirs.assignment);
    await expect.poll(reader.ids, patient).toEqual([n - 1, n, n + 1, n + 2]);
    reader.socket.destroy();
  });

  test('resume after the last event that the reader knows', async () => {
    const n = await last();
    const reader = await listen(`${events()}?after=0`, { headers: { 'last-event-id': String(n) } });
    await happen(1);
    await expect.poll(reader.ids, patient).toEqual([n + 1]);
    reader.socket.destroy();
    // More than one read returns.
    await happen(250);
    const other = await listen(events(), { headers: { 'last-event-id': String(n + 1) } });
    await expect.poll(() => other.ids().length, patient).toBe(250);
    expect(other.ids()).toEqual(Array.from({ length: 250 }, (_, i) => n + 2 + i));
    other.socket.destroy();
    for (const id of ['-1', 'x', '99999999999', '']) {
      const lost = await listen(`${events()}?after=${n}`, { headers: { 'last-event-id': id } });
      await expect.poll(() => lost.ids()[0], patient).toBe(n + 1);
      lost.socket.destroy();
    }
  });

  test('lose and repeat nothing for readers that come and go meanwhile', async () => {
    const start = await last();
    const seen: number[] = [];
    let writing = true;
    const write = async () => {
      for (let i = 0; i < 40; i++) await happen(5);
      writing = false;
    };
    const written = write();
    while (writing || seen.length < 200) {
      const reader = await listen(events(), { headers: { 'last-event-id': String(seen.at(-1) ?? start) } });
      await expect.poll(() => reader.ids().length, patient).toBeGreaterThan(0);
      reader.socket.destroy();
      // Count complete events: part of one may still be on its way.
      seen.push(...reader.ids());
    }
    await written;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => start + 1 + i));
  });

  test('wait for a slow reader', async () => {
    const start = await last();
    const reader = await listen(`${events()}?after=${start}`);
    await expect.poll(() => reader.text, patient).toContain('retry');
    reader.socket.pause();
    for (let i = 0; i < 5; i++) await happen(20, 'x'.repeat(100_000));
    // Events wait in the database, not in memory.
    const [buffered] = [...connections].map(({ writableLength }) => writableLength).sort((a, b) => b - a);
    expect(buffered).toBeGreaterThan(0);
    expect(buffered).toBeLessThan(500_000);
    reader.socket.resume();
    await expect.poll(() => reader.ids().length, patient).toBe(100);
    expect(reader.ids()).toEqual(Array.from({ length: 100 }, (_, i) => start + 1 + i));
    reader.socket.destroy();
  });

  test('end when a reader loses access, and are forgotten when it leaves', async () => {
    await expect.poll(() => server.deps.streams.size, patient).toBe(0);
    const reader = await listen(events(), { key: world.keys.reviewer });
    await expect.poll(() => server.deps.streams.size, patient).toBe(1);
    await expect.poll(() => reader.text, patient).toContain(': still here');
    const member = `/api/campaigns/${world.ours.campaign}/members/reviewer`;
    await server.call('DELETE', member, { key: world.keys.manager });
    await expect.poll(() => reader.text.trimEnd().endsWith('\r\n0'), patient).toBe(true);
    await expect.poll(() => server.deps.streams.size, patient).toBe(0);
    const refused = await listen(events(), { key: world.keys.reviewer });
    await expect.poll(() => refused.text, patient).toMatch(/^HTTP\/1.1 404 /);
    refused.socket.destroy();
    reader.socket.destroy();
  });

  test('do not keep a server from closing, even if unread; neither do idle connections', async () => {
    const other = await openServer(server.deps.database);
    const { hostname, port } = new URL(other.url);
    const silent = connect(Number(port), hostname);
    sockets.push(silent);
    await once(silent, 'connect');
    const start = await last();
    const reader = await listen(`${events()}?after=${start}`, { on: other });
    await expect.poll(() => reader.text, patient).toContain('retry');
    reader.socket.pause();
    await happen(200, 'x'.repeat(100_000));
    // Otherwise this test would never end.
    await other.close();
    reader.socket.resume();
    if (!reader.closed) await once(reader.socket, 'close');
  });
});
