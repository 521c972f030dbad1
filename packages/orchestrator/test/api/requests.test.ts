import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { describeDatabases } from '../databases.ts';
import { cookiesOf, openServer, publicUrl, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

describeDatabases('requests', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let world: World;
  let admin: string;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
    admin = world.keys.admin as string;
  }, 60_000);
  afterAll(() => server?.close());

  test('answers carry headers that restrict browsers', async () => {
    for (const [path, key] of [
      ['/api/health', ''],
      ['/api/me', admin],
      ['/api/me', ''],
      ['/nowhere', ''],
      ['/api/openapi.json', ''],
      ['/api/auth/get-session', ''],
      [`/api/assignments/${world.ours.assignment}/events`, admin],
    ]) {
      const { headers } = await server.call('GET', path, { key });
      const policy = headers.get('content-security-policy') ?? '';
      expect([path, policy]).toEqual([path, expect.stringContaining("default-src 'none'")]);
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe-inline');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toBe('camera=(), geolocation=(), microphone=()');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
      if (path.startsWith('/api') && !path.endsWith('json')) expect(headers.get('cache-control')).toContain('no-store');
    }
  });

  test('unauthenticated callers are told the scheme, which is read in any case', async () => {
    for (const path of ['/api/me', '/api/openapi.json', '/api/campaigns/x']) {
      const answer = await server.call('GET', path);
      expect([path, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        path,
        401,
        'Bearer realm="Saltworks"',
      ]);
    }
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      const authorization = `${scheme} ${admin}`;
      expect(await server.call('GET', '/api/me', { headers: { authorization } })).toMatchObject({ status: 200 });
    }
  });

  test('an address with too long a part, or with escapes that are none, is answered as other refusals are', async () => {
    const long = await server.call('GET', `/api/campaigns/${'x'.repeat(200)}`);
    const message = 'an address with a part of more than 128 characters; expected one of /api/openapi.json';
    expect([long.status, long.body]).toEqual([404, { error: message }]);
    const broken = await server.call('GET', '/api/campaigns/%zz');
    const escapes = 'an address with escapes that are none; expected one of /api/openapi.json';
    expect([broken.status, broken.body]).toEqual([400, { error: escapes }]);
  });

  test('an unknown method is refused with the methods that the address knows', async () => {
    for (const [method, path, allow] of [
      ['DELETE', '/api/me', 'GET'],
      ['PUT', '/api/campaigns', 'GET, POST'],
      ['HEAD', '/api/campaigns/x', 'GET, PATCH, DELETE'],
      ['OPTIONS', '/api/users/x', 'PATCH'],
      ['POST', '/api/openapi.json', 'GET'],
    ]) {
      for (const key of [admin, undefined]) {
        const answer = await server.call(method, path, { key });
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, allow]);
      }
    }
    expect(await server.call('DELETE', '/api/nowhere', { key: admin })).toMatchObject({ status: 404 });
  });

  test('objects are sent whole, in part, or not at all if the caller has them', async () => {
    const path = `/api/assignments/${world.ours.assignment}/image`;
    const get = (headers: Record<string, string> = {}) => server.call('GET', path, { key: admin, headers });
    const { status, headers, text } = await get();
    const etag = headers.get('etag') as string;
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('image/webp');
    expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(Number(headers.get('content-length'))).toBe(text.length);
    for (const known of [etag, `W/${etag}`, `"else", ${etag}`]) {
      expect(await get({ 'if-none-match': known })).toMatchObject({ status: 304, text: '' });
    }
    expect(await get({ 'if-none-match': '"else"' })).toMatchObject({ status: 200, text });
    const part = await get({ range: 'bytes=2-5' });
    expect(part).toMatchObject({ status: 206, text: text.slice(2, 6) });
    expect(part.headers.get('content-range')).toBe(`bytes 2-5/${text.length}`);
    expect(await get({ range: 'bytes=-3' })).toMatchObject({ status: 206, text: text.slice(-3) });
    expect(await get({ range: 'bytes=4-' })).toMatchObject({ status: 206, text: text.slice(4) });
    expect(await get({ range: 'bytes=4-99999' })).toMatchObject({ status: 206, text: text.slice(4) });
    const none = await get({ range: `bytes=${text.length}-` });
    expect(none.status).toBe(416);
    expect(none.headers.get('content-range')).toBe(`bytes */${text.length}`);
    for (const range of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=x'])
      expect(await get({ range })).toMatchObject({ status: 200, text });
    expect(await get({ range: 'bytes=0-1', 'if-range': '"else"' })).toMatchObject({ status: 200, text });
    expect(await get({ range: 'bytes=0-1', 'if-range': etag })).toMatchObject({ status: 206 });
    const gone = await server.call('GET', `/api/assignments/${world.theirs.assignment}/masks/${world.ours.mask}`, {
      key: admin,
    });
    expect(gone).toMatchObject({ status: 404 });
    expect(gone.headers.get('cache-control')).toBe('no-store');
  });

  test('requests of one caller are limited per minute, whatever their headers say', async () => {
    const limited = await openServer(database, { requestsPerMinute: 5 });
    const key = await limited.key('hasty');
    const other = await limited.key('calm');
    const again = await limited.key('hasty');
    const statuses = async (count: number, options: () => Parameters<TestServer['call']>[2], path = '/api/me') => {
      const seen = [];
      for (let i = 0; i < count; i++) seen.push((await limited.call('GET', path, options())).status);
      return seen;
    };
    expect(await statuses(6, () => ({ key }))).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = await limited.call('GET', '/api/me', { key: again });
    expect(refused).toMatchObject({ status: 429, body: { error: expect.stringContaining('more than 5 requests') } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statuses(1, () => ({ key: other }))).toEqual([200]);
    let i = 0;
    const guess = () => ({ key: `sw_${String(i++).padStart(43, 'x')}`, headers: { 'x-forwarded-for': `10.0.0.${i}` } });
    expect(await statuses(7, guess)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect(await statuses(1, () => ({}), '/api/health')).toEqual([429]);
    expect(await statuses(1, () => ({}), '/api/auth/get-session')).toEqual([429]);
    expect(await statuses(1, () => ({}), '/api/openapi.json')).toEqual([429]);
    expect(await statuses(1, () => ({}), '/nowhere')).toEqual([429]);
    await limited.close();
  });

  test('that change anything need our origin or a key', async () => {
    const link = (await server.call('POST', '/api/users/manager/link', { key: admin })).body.link as string;
    const signedIn = await server.call('POST', link.slice(publicUrl.length), { headers: { origin: publicUrl } });
    const cookie = cookiesOf(signedIn);
    const path = `/api/campaigns/${world.ours.campaign}`;
    const change = (headers: Record<string, string>) =>
      server.call('PATCH', path, { cookie, body: { instructions: 'x' }, headers });
    expect(await change({ origin: publicUrl })).toMatchObject({ status: 200 });
    expect(await change({})).toMatchObject({ status: 403 });
    for (const origin of [
      'null',
      'http://evil.test',
      `${publicUrl}.evil.test`,
      `${publicUrl}:81`,
      'https://salt.test',
    ]) {
      expect(await change({ origin })).toMatchObject({ status: 403 });
    }
    expect(await server.call('GET', path, { cookie })).toMatchObject({ status: 200 });
    const withKey = { key: world.keys.manager, body: { instructions: 'y' }, headers: { origin: 'http://evil.test' } };
    expect(await server.call('PATCH', path, withKey)).toMatchObject({ status: 200 });
  });
});
