import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../dist/api/app.js';
import { describeDatabases } from '../databases.ts';
import { openServer, publicUrl, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

const hostile = [
  '%00',
  'a%00b',
  '..',
  '%2e%2e',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%5c..%5c',
  "'%3b%20drop%20table%20audit%3b--",
  '%F0%9F%A7%82',
  '%ED%A0%80',
  '%ff',
  '%',
  '%zz',
  '-1',
  '0',
  '9'.repeat(18),
  '9'.repeat(40),
  'c'.repeat(64),
  'a'.repeat(200),
  'a'.repeat(5000),
  '__proto__',
  'constructor',
];
/** Characters that a text may not hold, and characters that it may. */
const badTexts = ['a\0b', 'half \ud83e', '\udc00 half', '', '   ', '\u3000\u200b'];
const goodTexts = ['salt 🧂', '盐', "'; drop table audit; --", '<script>alert(1)</script>', '{{1+1}}', '\u202e'];

describeDatabases('hostile requests', ({ open }) => {
  let server: TestServer;
  let world: World;
  let admin: string;
  beforeAll(async () => {
    server = await openServer(await open());
    world = await makeWorld(server);
    admin = world.keys.admin as string;
  }, 60_000);
  afterAll(() => server?.close());

  const fill = (url: string, replaced?: string, by = '') =>
    url.replaceAll(/:(\w+)/g, (_, name) => {
      if (name === replaced) return by;
      return ({ ...world.ours, user: 'colleague', key: 'k', invitation: 'i' } as Record<string, string>)[name];
    });

  /** Never a server error, always in the one form, and without internals. */
  async function expectRefused(method: string, path: string, options: Parameters<TestServer['call']>[2] = {}) {
    const answer = await server.call(method, path, { key: admin, ...options });
    const what = `${method} ${path.slice(0, 100)} ${JSON.stringify(options).slice(0, 200)}: ${answer.text.slice(0, 300)}`;
    expect(answer.status, what).toBeGreaterThanOrEqual(400);
    expect(answer.status, what).toBeLessThan(500);
    expect(typeof answer.body.error, what).toBe('string');
    expect(answer.text, what).not.toMatch(/\bat .*:\d+:\d+|node_modules|select |insert |kysely|syntax error|"stack"/i);
    return answer;
  }

  test('no id causes a server error', async () => {
    for (const { method, url } of routes) {
      for (const [, name] of url.matchAll(/:(\w+)/g)) {
        for (const value of hostile) {
          const path = fill(url, name, value);
          const answer = await server.call(method, path, { key: admin });
          const refused = [400, 404, 414].includes(answer.status) && typeof answer.body?.error === 'string';
          // `fetch` itself resolves `..`.
          if (!/^(\.\.|%2e%2e)$/.test(value))
            expect([path.slice(0, 90), refused, answer.text]).toEqual([path.slice(0, 90), true, answer.text]);
          expect(answer.status).toBeLessThan(500);
        }
      }
    }
    expect(server.logged).toEqual([]);
  });

  test('no query causes a server error', async () => {
    const values = [...hostile.filter((value) => value !== '0' && !/^[a_c9].*/.test(value)), '', 'NaN', '1e999', '1.5'];
    for (const { method, url, query } of routes) {
      if (!query || url.endsWith('/events')) continue;
      for (const name of Object.keys((query as { shape?: object } & typeof query).shape ?? {})) {
        for (const value of [...values, `1&${name}=2`]) {
          const { status, text } = await server.call(method, `${fill(url)}?${name}=${value}`, { key: admin });
          expect([url, name, value, status < 500, text]).toEqual([url, name, value, true, text]);
        }
      }
    }
    for (const given of ['', '%20', '0x1', '1e0x', 'NaN', 'Infinity', '+1', '1_0', '%201']) {
      for (const path of [
        `/api/campaigns/${world.ours.campaign}/tasks?uncertain=${given}`,
        `/api/datasets/${world.ours.dataset}/images?uncertain=${given}`,
        `/api/assignments/${world.ours.assignment}/attribution?x=${given}&y=1`,
        `/api/campaigns/${world.ours.campaign}/tasks?limit=${given}`,
        `/api/audit?before=${given}`,
      ]) {
        expect([path, (await expectRefused('GET', path)).status]).toEqual([path, 400]);
      }
    }
    await expectRefused('GET', `/api/campaigns/${world.ours.campaign}/assignments?limit=0`);
    await expectRefused('GET', `/api/campaigns/${world.ours.campaign}/assignments?before=%00`);
    await expectRefused('GET', `/api/assignments/${world.ours.assignment}/events?after=-1`);
    await expectRefused('GET', `/api/assignments/${world.ours.assignment}/events?after=99999999999`);
    expect(server.logged).toEqual([]);
  });

  describe('bodies', () => {
    // Routes for sessions refuse a key before its body is read.
    const withBody = routes.filter(({ body, access }) => body && access !== 'session');
    const keyOf = (url: string) =>
      url.endsWith('/interactions') || url.endsWith('/skip') ? (world.keys.annotator as string) : admin;

    test.each(withBody.map((route) => [`${route.method} ${route.url}`, route] as const))('%s', async (_, route) => {
      const bodies = [
        'null',
        '[]',
        '1',
        '"text"',
        '{"unexpected": 1}',
        '{"__proto__": {"role": "admin"}}',
        '{"constructor": {"prototype": {"x": 1}}}',
        '{',
        '',
        '\0',
        `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      ];
      for (const body of bodies) {
        const answer = await expectRefused(route.method, fill(route.url), { key: keyOf(route.url), body });
        const expected = body.length > (route.bodyLimit ?? Number.POSITIVE_INFINITY) ? 413 : 400;
        expect([body.slice(0, 20), answer.status]).toEqual([body.slice(0, 20), expected]);
      }
      const form = {
        key: keyOf(route.url),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'role=admin',
      };
      expect(await expectRefused(route.method, fill(route.url), form)).toMatchObject({ status: 415 });
    });

    test('that are wrong are refused with the place of the fault', async () => {
      const path = `/api/campaigns/${world.ours.campaign}`;
      const told = async (body: unknown) => (await expectRefused('PATCH', path, { body })).body.error;
      expect(await told({ leaseSeconds: 'long' })).toMatch(/^\/leaseSeconds: .*expected number/);
      expect(await told({ unexpected: 1 })).toMatch(/^request: .*unexpected/);
      const strokes = `/api/assignments/${world.ours.assignment}/interactions`;
      const point = { kind: 'stroke', segment: 0, points: [[1, 'x']], radius: 1 };
      const body = { client: 'window-1', interactions: [{ seq: 1, interaction: point }] };
      const answer = await expectRefused('POST', strokes, { key: world.keys.annotator, body });
      expect(answer.body.error).toMatch(/^\/interactions\/0\/interaction\/points\/0\/1: /);
      const sent = (interaction: unknown) =>
        expectRefused('POST', strokes, {
          key: world.keys.annotator,
          body: { client: 'window-1', interactions: [{ seq: 1, interaction }] },
        });
      const fill = (region: unknown) => sent({ kind: 'fill', segment: 0, region });
      for (const region of [[], [1], [-1, 2], [0, 1.5], [0, 1e10], 'all', { length: 2 }, [[0, 1]], null]) {
        const { status, body } = await fill(region);
        expect([region, status, body.error]).toEqual([region, 400, expect.stringMatching(/interaction\/region/)]);
      }
      // More pixels than any image has, no pixel at all, more bytes than a request may have.
      expect((await fill([0, 1e9])).status).toBe(409);
      expect((await fill(new Array(100_000).fill(0))).status).toBe(409);
      expect((await fill(new Array(300_000).fill(0))).status).toBe(413);
      for (const wrong of [{ exact: 'yes' }, { polygon: 1 }, { spread: null }, { region: [0, 1] }]) {
        expect((await sent({ ...point, points: [[1, 1]], ...wrong })).status).toBe(400);
      }
    });

    test('hold any text that a database can store, and no other', async () => {
      const { campaign, assignment } = world.ours;
      const category = { id: 1, name: 'salt', colour: '#ffffff', isthing: true };
      const fresh = { id: 'fresh', name: 'Fresh', dataset: 'pans', categories: [category] };
      const texts: [string, string, (text: string) => unknown, string?][] = [
        ['PATCH', `/api/campaigns/${campaign}`, (name) => ({ name })],
        ['PATCH', `/api/campaigns/${campaign}`, (instructions) => ({ instructions: `x${instructions}` })],
        ['POST', '/api/me/keys', (name) => ({ name })],
        ['POST', '/api/users', (name) => ({ name, email: `${Math.random()}@example.org` })],
        ['POST', `/api/assignments/${assignment}/skip`, (reason) => ({ reason }), world.keys.annotator],
        ['POST', `/api/assignments/${assignment}/review`, (note) => ({ verdict: 'accept', note: `x${note}` })],
        ['POST', '/api/campaigns', (name) => ({ ...fresh, name })],
        ['POST', '/api/campaigns', (name) => ({ ...fresh, categories: [{ ...category, name }] })],
        ['POST', `/api/tasks/${world.ours.task}/consensus`, (user) => ({ weights: { [`x${user} `]: 1 } })],
      ];
      for (const [method, path, body, key] of texts) {
        for (const text of badTexts) {
          if (text.trim().length < 2 && !('name' in (body('') as object))) continue;
          const answer = await expectRefused(method, path, { body: body(text), ...(key ? { key } : {}) });
          // The text cannot be stored, whatever the state of its target.
          expect([path, answer.status, answer.text]).toEqual([path, 400, answer.text]);
        }
      }
      for (const name of goodTexts) {
        const changed = await server.call('PATCH', `/api/campaigns/${campaign}`, { key: admin, body: { name } });
        expect(changed.body).toMatchObject({ name });
      }
      expect((await server.call('GET', '/api/audit/verify', { key: admin })).body.broken).toBeUndefined();
      expect(server.logged).toEqual([]);
    });

    test('hold times and numbers that a database can store', async () => {
      const path = `/api/campaigns/${world.ours.campaign}`;
      for (const deadline of ['0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01', 'soon', 1]) {
        await expectRefused('PATCH', path, { body: { deadline } });
      }
      for (const annotators of [0, -1, 1.5, 1e9, '2']) await expectRefused('PATCH', path, { body: { annotators } });
      await expectRefused('PATCH', path, { body: '{"honeypotRate": 1e999}' });
      await expectRefused('POST', '/api/me/keys', { body: { name: 'x', expires: '0000-01-01T00:00:00Z' } });
      const at = { x: -1, y: 0 };
      await expectRefused('POST', `/api/assignments/${world.ours.assignment}/review`, {
        body: { verdict: 'accept', at },
      });
      const last = await server.call('PATCH', path, { key: admin, body: { deadline: '9999-12-31T23:59:59Z' } });
      expect(last.body).toMatchObject({ deadline: '9999-12-31T23:59:59.000Z' });
      await server.call('PATCH', path, { key: admin, body: { deadline: null } });
      expect(server.logged).toEqual([]);
    });

    test('are of limited length', async () => {
      const strokes = `/api/assignments/${world.ours.assignment}/interactions`;
      const body = JSON.stringify({ client: 'x'.repeat(513 * 1024) });
      expect(await expectRefused('POST', strokes, { key: world.keys.annotator, body })).toMatchObject({ status: 413 });
      // A caller without access is refused before the body is read.
      expect(await expectRefused('POST', strokes, { key: 'sw_no', body })).toMatchObject({ status: 401 });
      const categories = { body: JSON.stringify({ id: 'x'.repeat(200 * 1024) }) };
      expect(await expectRefused('POST', '/api/campaigns', categories)).toMatchObject({ status: 400 });
      const signIn = { key: '', body, headers: { origin: publicUrl } };
      expect(await expectRefused('POST', '/api/auth/sign-in/email', signIn)).toMatchObject({ status: 413 });
    });
  });

  test('no header causes a server error', async () => {
    const path = `/api/assignments/${world.ours.assignment}`;
    const values = [
      '',
      '\xff',
      'a'.repeat(4000),
      '%00',
      'Bearer ',
      `Bearer sw_${'x'.repeat(43)}`,
      '"',
      'bytes=-',
      '=;=;',
      '../..',
    ];
    for (const name of [
      'authorization',
      'cookie',
      'origin',
      'if-none-match',
      'range',
      'if-range',
      'last-event-id',
      'x-forwarded-for',
      'x-saltworks-client',
      'content-type',
    ]) {
      for (const value of values) {
        for (const part of ['/image', '/events', '/renew']) {
          const method = part === '/renew' ? 'POST' : 'GET';
          const { status, text } = await server.call(method, `${path}${part}`, {
            key: admin,
            headers: { [name]: value },
          });
          expect([name, value, status < 500, text]).toEqual([name, value, true, text]);
        }
      }
    }
    expect(server.logged).toEqual([]);
  });

  test('malformed HTTP is refused without internals', async () => {
    const { port, hostname } = new URL(server.url);
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        let heard = '';
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.setEncoding('latin1').on('data', (data) => {
          heard += data;
        });
        socket.on('close', () => resolve(heard)).on('error', () => resolve(heard));
      });
    for (const text of [
      'GET http://evil.test/api/auth/get-session HTTP/1.1\r\nhost: evil.test\r\nconnection: close\r\n\r\n',
      'GET //evil.test/api/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /api/me HTTP/1.1\r\nconnection: close\r\n\r\n',
      'BREW /api/me HTTP/1.1\r\nhost: x\r\n\r\n',
      '\0\0\0\r\n\r\n',
    ]) {
      expect(await say(text)).toMatch(/^HTTP\/1.1 4\d\d /);
    }
  });
});
