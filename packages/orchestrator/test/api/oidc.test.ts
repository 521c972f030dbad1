import { createHash, generateKeyPairSync, randomInt, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { cookiesOf, openServer, publicUrl, type TestServer } from './server.ts';

describeDatabases('signing in by OpenID Connect', ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  }, 60_000);

  const account = async () => {
    const id = await makeUser(database.db);
    return { id, email: `${id}@example.org` };
  };
  const me = async (on: TestServer, cookie: string) => (await on.call('GET', '/api/me', { cookie })).status;

  const isKnown = async (email: string) =>
    (await database.db.selectFrom('user').select('id').where('email', '=', email.toLowerCase()).execute()).length > 0;

  let provider: Server;
  let issuer: string;
  /** The identity that the provider reports. */
  let claims: Record<string, unknown>;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  /** Authorisation requests by code. */
  const codes = new Map<string, { challenge: string; nonce: string | null }>();

  beforeAll(async () => {
    provider = createServer(async (request, response) => {
      const url = new URL(request.url ?? '/', issuer);
      const say = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      const token = (nonce: string | null) => {
        const now = Math.floor(Date.now() / 1000);
        const body = { iss: issuer, aud: 'saltworks', iat: now, exp: now + 60, nonce, ...claims };
        const signed = `${part({ alg: 'RS256', kid: 'k' })}.${part(body)}`;
        return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
      };
      if (url.pathname === '/.well-known/openid-configuration') {
        const at = (path: string) => `${issuer}/${path}`;
        const endpoints = { authorization_endpoint: at('authorize'), token_endpoint: at('token') };
        return say({ issuer, ...endpoints, userinfo_endpoint: at('userinfo'), jwks_uri: at('jwks') });
      }
      if (url.pathname === '/jwks')
        return say({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] });
      if (url.pathname === '/userinfo') return say(claims);
      let text = '';
      for await (const chunk of request) text += chunk;
      const form = new URLSearchParams(text);
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const code = codes.get(form.get('code') ?? '');
      if (url.pathname !== '/token' || code?.challenge !== challenge)
        return response.writeHead(400).end('{"error": "invalid_grant"}');
      say({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: token(code.nonce) });
    });
    await new Promise<void>((ready) => provider.listen(0, '127.0.0.1', ready));
    issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  });
  afterAll(() => provider.close());

  const openOidc = (domains: string[] = []) =>
    openServer(database, {
      from: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`,
      oidc: { issuer, clientId: 'saltworks', clientSecret: 'theirs', domains },
    });

  /** Signs in as a browser does. @param change alters the provider's redirect */
  async function signInWith(own: TestServer, given: Record<string, unknown>, change = (_: URLSearchParams) => {}) {
    claims = { sub: randomUUID(), ...given };
    const body = { provider: 'oidc', callbackURL: '/', errorCallbackURL: '/sign-in' };
    const started = await own.call('POST', '/api/auth/sign-in/social', { body, headers: { origin: publicUrl } });
    expect(started.status, started.text).toBe(200);
    const asked = new URL(started.body.url).searchParams;
    expect(asked.get('redirect_uri')).toBe(`${publicUrl}/api/auth/callback/oidc`);
    const code = randomUUID();
    codes.set(code, { challenge: asked.get('code_challenge') ?? '', nonce: asked.get('nonce') });
    const back = new URLSearchParams({ code, state: asked.get('state') ?? '' });
    change(back);
    return own.call('GET', `/api/auth/callback/oidc?${back}`, { cookie: cookiesOf(started) });
  }

  test('who was invited signs in to their account and its role here; nobody else opens one', async () => {
    const own = await openOidc();
    const known = await account();
    const invited = await signInWith(own, { email: known.email.toUpperCase(), email_verified: true, role: 'admin' });
    expect((await own.call('GET', '/api/me', { cookie: cookiesOf(invited) })).body).toMatchObject({
      ...{ id: known.id, role: 'member' },
    });

    const email = `${randomUUID()}@example.org`;
    const refused = await signInWith(own, { email, email_verified: true, name: 'Olga' });
    expect(refused.headers.get('location')).toMatch(/\/sign-in\?error=signup_disabled/);
    expect(await me(own, cookiesOf(refused))).toBe(401);
    expect(await isKnown(email)).toBe(false);
    await own.close();
  });

  test('verified addresses of a domain that is named open accounts, as members', async () => {
    const own = await openOidc(['example.org']);
    const email = `${randomUUID()}@Example.org`;
    const first = await signInWith(own, { email, email_verified: true, name: 'Olga', role: 'admin' });
    expect(first.status).toBe(302);
    const { body } = await own.call('GET', '/api/me', { cookie: cookiesOf(first) });
    expect(body).toMatchObject({ email: email.toLowerCase(), name: 'Olga', role: 'member', campaigns: [] });

    for (const claims of [
      { email: `${randomUUID()}@example.org`, email_verified: false },
      { email: `${randomUUID()}@example.org` },
      { email: `${randomUUID()}@sub.example.org`, email_verified: true },
      { email: `${randomUUID()}@notexample.org`, email_verified: true },
      { email: `x@example.org@${randomUUID()}.test`, email_verified: true },
    ]) {
      // A server for each, since attempts of one address are limited.
      const other = await openOidc(['example.org']);
      const refused = await signInWith(other, { ...claims, name: 'Eve' });
      expect(refused.headers.get('location'), claims.email).toMatch(/\/sign-in\?error=/);
      expect(await me(other, cookiesOf(refused))).toBe(401);
      expect(await isKnown(claims.email)).toBe(false);
      await other.close();
    }
    await own.close();
  });

  test('the page learns whether there is a provider', async () => {
    const own = await openOidc();
    expect((await own.call('GET', '/api/sign-in/ways')).body).toEqual({ openIdConnect: new URL(issuer).host });
    await own.close();
    const without = await openServer(database);
    expect((await without.call('GET', '/api/sign-in/ways')).body).toEqual({ openIdConnect: null });
    await without.close();
  });

  test('an unverified address opens no account, and an ended account stays closed', async () => {
    const own = await openOidc();
    const known = await account();
    const refused = await signInWith(own, { email: known.email, email_verified: false, name: 'Eve' });
    expect(refused.headers.get('location')).toMatch(/error=/);
    expect(await me(own, cookiesOf(refused))).toBe(401);
    await own.call('PATCH', `/api/users/${known.id}`, {
      key: await own.key('root', 'admin'),
      body: { disabled: true },
    });
    const ended = await signInWith(own, { email: known.email, email_verified: true, name: 'Ann' });
    expect(await me(own, cookiesOf(ended))).toBe(401);
    await own.close();
  });

  test('a sign-in that did not start here is refused', async () => {
    const own = await openOidc();
    const person = () => ({ email: `${randomUUID()}@example.org`, email_verified: true, name: 'Eve' });
    for (const change of [
      (back: URLSearchParams) => back.set('state', 'made up'),
      (back: URLSearchParams) => back.delete('state'),
      (back: URLSearchParams) => back.set('code', 'made up'),
    ]) {
      const answer = await signInWith(own, person(), change);
      expect(answer.status).toBeLessThan(500);
      expect(await me(own, cookiesOf(answer))).toBe(401);
    }
    await own.close();
  });
});
