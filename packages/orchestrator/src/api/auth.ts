/** Authentication: accounts and sessions by better-auth, API keys of our own. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from '@saltworks/contract/zod';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { isUnwritable } from '@saltworks/store/objects/room';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import { genericOAuth, magicLink } from 'better-auth/plugins';
import type { Kysely, Transaction } from 'kysely';
import { findAdministrator } from '../accounts/accounts.ts';
import { audit } from '../accounts/audit.ts';
import { mayOpenAccount, type OpenIdConnect } from '../accounts/open-id-connect.ts';
import { forgetFailures, noteFailure, secondsToWait } from '../accounts/sign-in-failures.ts';
import { emailOf } from '../db/json.ts';
import type { Schema, UserRole } from '../db/schema.ts';
import { ForbiddenError, TooManyRequestsError } from '../errors.ts';
import { newId } from '../ids.ts';
import { isOperatorToken } from './operator.ts';

export interface User {
  id: string;
  name: string;
  email: string;
  role: UserRole;
}

export interface AuthOptions {
  /** Signs sessions; at least 32 characters. */
  secret: string;
  /** The server's public URL, without a slash at its end. */
  url: string;
  /** An OpenID Connect provider for sign-in. */
  oidc?: OpenIdConnect;
}

export interface Auth {
  /** The host of the OpenID Connect provider; null: none. */
  openIdConnect: string | null;
  /** Answers requests to one of `authRoutes`. */
  handle(request: Request): Promise<Response>;
  /** The user of a session cookie or an API key; an administrator for the operator's token; undefined without either. */
  userOf(headers: Headers): Promise<{ user: User; by: 'cookie' | 'key' } | undefined>;
  /** A link to a page that signs a user in once, within ten minutes or the hours given. Earlier links stay valid. */
  signInLink(email: string, options?: { hours?: number }): Promise<string>;
  /** The e-mail address that a link's token signs in, without spending the token; undefined once it is used or expired. */
  emailOfLink(token: string): Promise<string | undefined>;
  /** Spends a link's token. @returns the library's answer: cookies of a new session, or a redirect that says why there is none */
  spendLink(token: string, headers: Headers): Promise<Response>;
  /** Whether the user of a session has a password, and must give it to set a new one. */
  passwordState(headers: Headers): Promise<PasswordState>;
  /**
   * Sets the password of a session's user and ends their other sessions.
   *
   * @param current needed where there is a password, unless a link opened the session within the last hour
   * @throws ForbiddenError if `current` is needed and wrong
   */
  setPassword(headers: Headers, passwords: { password: string; current?: string }): Promise<void>;
  /** Creates an account; with a password it can sign in by it. @returns its id, or undefined if the address is taken */
  createUser(user: { email: string; name: string; role: UserRole; password?: string }): Promise<string | undefined>;
  /** As accounts keep it. */
  hashOfPassword(password: string): Promise<string>;
  /** Signs in by a password that was just set: attempts are not counted. @returns the library's answer, with cookies */
  openSession(given: { email: string; password: string }, headers: Headers): Promise<Response>;
  /** The address of an invitation. */
  joinLink(token: string): string;
}

export interface PasswordState {
  /** The account has a password. */
  set: boolean;
  /** A new password needs the current one. */
  needed: boolean;
}

/** The library's routes, below /api/auth, that are served. */
export const authRoutes = [
  ['POST', '/sign-in/email'],
  ['POST', '/sign-in/social'],
  ['GET', '/callback/oidc'],
  ['POST', '/sign-out'],
  ['GET', '/get-session'],
  ['POST', '/revoke-other-sessions'],
] as const;

/** Header that tells the library the caller's address; a value sent by the caller is dropped. */
export const callerHeader = 'x-saltworks-client';

/** A sign-in link's page, whose button spends the link. */
export const linkPath = '/sign-in/link';
/** An invitation's page. */
export const joinPath = '/join';
/** The library's route that spends a link. */
const verifyPath = '/magic-link/verify';

/** How long a sign-in by link counts as much as a password, milliseconds. */
const freshMs = 3_600_000;

const keyPrefix = 'sw_';

export function openAuth(db: Kysely<Schema>, { secret, url, oidc }: AuthOptions): Auth {
  const auth = betterAuth({
    database: { db, type: 'postgres' },
    secret,
    baseURL: url,
    basePath: '/api/auth',
    trustedOrigins: [new URL(url).origin],
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    user: { additionalFields: { role: { type: 'string', input: false, defaultValue: 'member' } } },
    session: { additionalFields: { byLink: { type: 'boolean', input: false, defaultValue: false } } },
    // By default the library limits only where NODE_ENV is production, and each process by itself.
    rateLimit: { enabled: true, storage: 'database' },
    onAPIError: { errorURL: `${url}/` },
    databaseHooks: {
      user: {
        create: {
          // Only OpenID Connect gets here: other ways of the library to open an account are disabled.
          before: async (user) =>
            oidc !== undefined && user.emailVerified && mayOpenAccount(oidc, user.email) ? undefined : false,
        },
      },
      session: {
        create: {
          async before(session, context) {
            if (!(await userById(session.userId)))
              throw new APIError('FORBIDDEN', { message: 'this account was ended' });
            return { data: { ...session, byLink: context?.path === verifyPath } };
          },
        },
      },
    },
    advanced: {
      // The library would disable it where the environment looks like a test's.
      disableOriginCheck: false,
      useSecureCookies: url.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [callerHeader] },
      database: { generateId: newId },
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    plugins: [
      magicLink({
        storeToken: { type: 'custom-hasher', hash: async (token) => sha256Of(token) },
        disableSignUp: true,
        expiresIn: 600,
        // Tokens cannot be guessed: the limit allows a room full of people behind one address.
        rateLimit: { window: 60, max: 100 },
        sendMagicLink: ({ token, metadata }) => metadata?.told(token),
      }),
      ...(oidc
        ? [
            genericOAuth({
              config: [
                {
                  providerId: 'oidc',
                  discoveryUrl: `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
                  clientId: oidc.clientId,
                  clientSecret: oidc.clientSecret,
                  scopes: ['openid', 'email', 'profile'],
                  disableSignUp: oidc.domains.length === 0,
                  pkce: true,
                },
              ],
            }),
          ]
        : []),
    ],
  });

  const users = () =>
    db.selectFrom('user').select(['user.id', 'user.name', 'user.email', 'user.role']).where('disabled', '=', false);
  const userById = (id: string): Promise<User | undefined> => users().where('user.id', '=', id).executeTakeFirst();

  const sessionToken = async (cookies: string): Promise<string | undefined> => {
    const { authCookies, secret } = await auth.$context;
    return signedCookie(cookies, authCookies.sessionToken.name, secret);
  };

  /** A session with its user's password. */
  const sessionWithPassword = async (headers: Headers) => {
    const token = (await sessionToken(headers.get('cookie') ?? '')) ?? '';
    const found = await db
      .selectFrom('session')
      .leftJoin('account', (join) =>
        join.onRef('account.userId', '=', 'session.userId').on('account.providerId', '=', 'credential'),
      )
      .select([
        'session.id',
        'session.userId',
        'session.byLink',
        'session.createdAt',
        'account.id as account',
        'account.password',
      ])
      .where('session.token', '=', token)
      .executeTakeFirstOrThrow();
    const fresh = found.byLink && Date.now() - found.createdAt.getTime() < freshMs;
    return { ...found, needed: found.password !== null && !fresh };
  };

  /** One query, where the library makes several; no cache outlives a sign-out. */
  const userOfSession = async (cookies: string): Promise<User | undefined> => {
    const token = await sessionToken(cookies);
    if (token === undefined) return undefined;
    return users()
      .innerJoin('session', 'session.userId', 'user.id')
      .where('session.token', '=', token)
      .where('session.expiresAt', '>', new Date())
      .executeTakeFirst();
  };

  /** Lets no account's password be guessed, however many addresses guess. @throws TooManyRequestsError */
  const byPassword = async (request: Request): Promise<Response> => {
    const body = await request
      .clone()
      .json()
      .catch(() => undefined);
    const email = z.safeParse(z.object({ email: z.string() }), body).data?.email;
    const wait = email === undefined ? 0 : await secondsToWait(db, email);
    if (wait > 0)
      throw new TooManyRequestsError('too many wrong passwords; expected a link, or another try later', wait);
    const answer = await auth.handler(request);
    if (email !== undefined && answer.status === 401) await noteFailure(db, email);
    if (email !== undefined && answer.ok) await forgetFailures(db, email);
    return answer;
  };

  const hashOfPassword = async (password: string): Promise<string> => {
    const { password: hasher } = await auth.$context;
    return hasher.hash(password);
  };

  return {
    openIdConnect: oidc ? new URL(oidc.issuer).host : null,
    handle: (request) =>
      new URL(request.url).pathname === '/api/auth/sign-in/email' ? byPassword(request) : auth.handler(request),
    async userOf(headers) {
      const key = /^Bearer +(sw_[\w-]{43})$/i.exec(headers.get('authorization') ?? '')?.[1];
      if (key) {
        const id = await userOfKey(db, key);
        const user = id && (await userById(id));
        return user ? { user, by: 'key' } : undefined;
      }
      const token = /^Bearer +(operator_\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
      if (token) return isOperatorToken(token, secret) ? { user: await findAdministrator(db), by: 'key' } : undefined;
      const user = await userOfSession(headers.get('cookie') ?? '');
      return user && { user, by: 'cookie' };
    },
    async signInLink(email, { hours } = {}) {
      let token: string | undefined;
      const told = (made: string) => {
        token = made;
      };
      await auth.api.signInMagicLink({ body: { email, metadata: { told } }, headers: new Headers() });
      if (!token) throw new Error(`no account ${email}`);
      if (hours !== undefined) {
        await db
          .updateTable('verification')
          .set({ expiresAt: new Date(Date.now() + hours * 3_600_000) })
          .where('identifier', '=', `magic-link:${sha256Of(token)}`)
          .execute();
      }
      return `${url}${linkPath}?token=${token}`;
    },
    async emailOfLink(token) {
      const found = await db
        .selectFrom('verification')
        .select('value')
        .where('identifier', '=', `magic-link:${sha256Of(token)}`)
        .where('expiresAt', '>', new Date())
        .executeTakeFirst();
      return found && emailOf(found.value);
    },
    spendLink(token, headers) {
      const query = new URLSearchParams({ token, callbackURL: '/', errorCallbackURL: '/sign-in' });
      return auth.handler(new Request(`${url}/api/auth${verifyPath}?${query}`, { headers }));
    },
    async passwordState(headers) {
      const { password, needed } = await sessionWithPassword(headers);
      return { set: password !== null, needed };
    },
    async setPassword(headers, { password, current = '' }) {
      const { id, userId, account, password: known, needed } = await sessionWithPassword(headers);
      const { password: hasher } = await auth.$context;
      if (needed && !(await hasher.verify({ hash: known as string, password: current })))
        throw new ForbiddenError('current: not the password of this account');
      const hash = await hasher.hash(password);
      await db.transaction().execute(async (tx) => {
        await audit(tx, { actor: userId, action: 'user.password', object: userId });
        const credential = { accountId: userId, providerId: 'credential', userId, password: hash };
        if (account !== null)
          await tx.updateTable('account').set({ password: hash }).where('id', '=', account).execute();
        else
          await tx
            .insertInto('account')
            .values({ id: newId(), ...credential })
            .execute();
        await tx.deleteFrom('session').where('userId', '=', userId).where('id', '!=', id).execute();
      });
    },
    async createUser({ password, ...user }) {
      const hash = password === undefined ? undefined : await hashOfPassword(password);
      // Verified, since the first link would otherwise disable the password.
      return db.transaction().execute((tx) => insertUser(tx, { ...user, verified: true, hash }));
    },
    hashOfPassword,
    openSession: (body, headers) => auth.api.signInEmail({ body, headers, asResponse: true }),
    joinLink: (token) => `${url}${joinPath}?token=${token}`,
  };
}

interface NewUser {
  email: string;
  name: string;
  role: UserRole;
  /** Whether the address is known to be the person's: the library ends the password of one that is not at its first sign-in by a link. */
  verified: boolean;
  /** Of the password. */
  hash: string | undefined;
}

/** Adds an account. @returns its id, or undefined if the address is taken */
export async function insertUser(
  tx: Transaction<Schema>,
  { email, name, role, verified, hash }: NewUser,
): Promise<string | undefined> {
  const id = newId();
  const made = await tx
    .insertInto('user')
    .values({ id, email: email.toLowerCase(), name, role, emailVerified: verified })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!made) return undefined;
  if (hash !== undefined) {
    await tx
      .insertInto('account')
      .values({ id: newId(), accountId: id, providerId: 'credential', userId: id, password: hash })
      .execute();
  }
  return id;
}

/** The value of a cookie signed by the library: value.hmac, URL-encoded. */
function signedCookie(cookies: string, name: string, secret: string): string | undefined {
  const cookie = cookies
    .split(/;\s*/)
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  const [, value, signature] = /^([\w-]+)(?:\.|%2E)([\w%+/=-]+)$/.exec(cookie ?? '') ?? [];
  if (value === undefined) return undefined;
  const expected = createHmac('sha256', secret).update(value).digest();
  const given = Buffer.from(signature.replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '='), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected) ? value : undefined;
}

/** Makes a key. @returns its secret, which is stored as a hash only */
export async function createApiKey(
  db: Kysely<Schema>,
  { user, name, expires }: { user: string; name: string; expires?: string },
): Promise<{ id: string; key: string }> {
  const key = keyPrefix + randomBytes(32).toString('base64url');
  const id = newId();
  await db
    .insertInto('api_key')
    .values({ id, user_id: user, name, hash: sha256Of(key), expires: expires && new Date(expires) })
    .execute();
  return { id, key };
}

async function userOfKey(db: Kysely<Schema>, key: string): Promise<string | undefined> {
  const now = new Date();
  const found = await db
    .selectFrom('api_key')
    .select(['id', 'user_id', 'expires', 'last_used'])
    .where('hash', '=', sha256Of(key))
    .executeTakeFirst();
  if (!found || (found.expires && found.expires <= now)) return undefined;
  // Once a minute is enough to tell whether a key is in use.
  if (!found.last_used || now.getTime() - found.last_used.getTime() > 60_000) {
    const used = db.updateTable('api_key').set({ last_used: now }).where('id', '=', found.id).execute();
    // The request may succeed even where there is no room to note it.
    await used.catch((error) => {
      if (!isUnwritable(error)) throw error;
    });
  }
  return found.user_id;
}
