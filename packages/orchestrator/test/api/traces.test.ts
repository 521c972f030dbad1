import { shareHeader } from '@saltworks/contract/traceparent';
import { type DoneSpan, recordSpans, type StartOptions, type Tracer } from '@saltworks/telemetry/spans';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

/** Notes what is begun and recorded. */
const begun: { name: string; options: StartOptions }[] = [];
const recorded: (DoneSpan & { where?: string })[] = [];
const noting: Tracer = {
  share: 0.5,
  start(name, _, options) {
    begun.push({ name, options });
    return { trace: '1'.repeat(32), traceparent: '', sampled: true, set() {}, end() {} };
  },
  record: (span, where) => void recorded.push({ ...span, where }),
  within: (_, work) => work(),
  active: () => undefined,
};
const step = { trace: 'a'.repeat(32), span: 'b'.repeat(16), name: 'stroke', start: 1_000, ms: 40 };
const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;

describeDatabases('traces', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let world: World;
  let key: string;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
    key = world.keys.admin as string;
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(() => recordSpans(noting));
  afterEach(() => {
    recordSpans(undefined);
    begun.length = 0;
    recorded.length = 0;
  });

  test('begin with a request, under its route; answers tell the share that is recorded', async () => {
    const { headers } = await server.call('GET', `/api/assignments/${world.ours.assignment}`, { key });
    expect(headers.get(shareHeader)).toBe('0.5');
    expect(begun[0]).toMatchObject({ name: 'GET /api/assignments/:assignment', options: { kind: 'server' } });
  });

  test('go on with a caller’s, and with none that comes without credentials', async () => {
    await server.call('GET', '/api/me', { key, headers: { traceparent } });
    expect(begun[0].options.parent).toBe(traceparent);
    begun.length = 0;
    await server.call('GET', '/api/me', { headers: { traceparent } });
    expect(begun[0].options.parent).toBeUndefined();
  });

  test('take the page’s steps by the server’s clock, and drop those that cannot be', async () => {
    const spans = [step, { ...step, start: 5_000, ms: 10 }, { ...step, start: 2_000, ms: 1, failed: true }];
    const before = Date.now();
    const { status } = await server.call('POST', '/api/traces', { key, body: { now: 3_000, trip: 20, spans } });
    expect(status).toBe(200);
    expect(recorded.map(({ name, where, failed }) => [name, where, failed])).toEqual([
      ['stroke', 'page', undefined],
      ['stroke', 'page', true],
    ]);
    const [{ start, end }] = recorded;
    expect(end - start).toBeCloseTo(40, 3);
    expect(start).toBeGreaterThanOrEqual(before - 2_010);
    expect(start).toBeLessThanOrEqual(Date.now() - 2_010);
    expect(begun).toEqual([]);
  });

  test.each([
    ['text', { ...step, name: 'ann drew' }],
    ['more fields', { ...step, note: 'ann' }],
    ['other ids', { ...step, trace: '0'.repeat(32) }],
    ['no duration', { ...step, ms: -1 }],
  ])('take no steps with %s', async (_, wrong) => {
    const { status } = await server.call('POST', '/api/traces', { key, body: { now: 3_000, trip: 1, spans: [wrong] } });
    expect(status).toBe(400);
    expect(recorded).toEqual([]);
  });

  test('are taken from nobody who is not signed in, nor too many at once', async () => {
    const body = { now: 3_000, trip: 1, spans: [step] };
    expect((await server.call('POST', '/api/traces', { body })).status).toBe(401);
    const many = { ...body, spans: Array.from({ length: 101 }, () => step) };
    expect((await server.call('POST', '/api/traces', { key, body: many })).status).toBe(400);
    const large = { ...body, pad: 'x'.repeat(40_000) };
    expect((await server.call('POST', '/api/traces', { key, body: large })).status).toBe(413);
  });

  test('that are off add no header, and drop the page’s steps silently', async () => {
    recordSpans(undefined);
    const { headers, status } = await server.call('POST', '/api/traces', {
      key,
      body: { now: 3_000, trip: 1, spans: [step] },
    });
    expect([status, headers.get(shareHeader)]).toEqual([200, null]);
    expect([begun, recorded]).toEqual([[], []]);
  });
});
