/** Who asks: accounts and sessions by better-auth, API keys of our own. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import { genericOAuth, magicLink } from 'better-auth/plugins';
import type { Kysely } from 'kysely';
import { newId } from '../campaigns/ids.ts';
import type { Schema, UserRole } from '../db/schema.ts';

export interface User {
  id: string;
  name: string;
  email: string;
  role: UserRole;
}

export interface AuthOptions {
  /** Signs sessions; at least 32 characters. */
  secret: string;
  /** Where people reach the server, without a slash at its end. */
  url: string;
  /** An OpenID Connect provider that accounts may come from. */
  oidc?: { issuer: string; clientId: string; clientSecret: string };
}

export interface Auth {
  /** Answers requests to one of `authRoutes`. */
  handle(request: Request): Promise<Response>;
  /** The user of a session cookie or an API key; undefined for nobody. */
  userOf(headers: Headers): Promise<{ user: User; by: 'cookie' | 'key' } | undefined>;
  /** A link that signs a user in once, within ten minutes. */
  signInLink(email: string): Promise<string>;
  /** Creates an account; with a password it can sign in by it. @returns its id, or undefined if the address is taken */
  createUser(user: { email: string; name: string; role: UserRole; password?: string }): Promise<string | undefined>;
}

/** What of the library's own routes, below /api/auth, is served. */
export const authRoutes = [
  ['POST', '/sign-in/email'],
  ['POST', '/sign-in/social'],
  ['GET', '/callback/oidc'],
  ['GET', '/magic-link/verify'],
  ['POST', '/sign-out'],
  ['GET', '/get-session'],
  ['POST', '/change-password'],
  ['POST', '/revoke-other-sessions'],
] as const;

/** Header by which we tell the library who calls; what callers say there themselves is dropped. */
export const callerHeader = 'x-saltworks-client';

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
    // Also outside of what NODE_ENV calls production.
    rateLimit: { enabled: true },
    onAPIError: { errorURL: `${url}/` },
    databaseHooks: {
      session: {
        create: {
          async before({ userId }) {
            if (!(await userById(userId))) throw new APIError('FORBIDDEN', { message: 'this account was ended' });
          },
        },
      },
    },
    advanced: {
      // Said, because the library drops it where the environment looks like a test's.
      disableOriginCheck: false,
      useSecureCookies: url.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [callerHeader] },
      database: { generateId: newId },
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    plugins: [
      magicLink({
        storeToken: 'hashed',
        disableSignUp: true,
        expiresIn: 600,
        sendMagicLink: ({ url: link, metadata }) => metadata?.told(link),
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

  /** One query, where the library's own look at a session takes several; and nothing outlives a sign-out. */
  const userOfSession = async (cookies: string): Promise<User | undefined> => {
    const { authCookies, secret } = await auth.$context;
    const token = signedCookie(cookies, authCookies.sessionToken.name, secret);
    if (token === undefined) return undefined;
    return users()
      .innerJoin('session', 'session.userId', 'user.id')
      .where('session.token', '=', token)
      .where('session.expiresAt', '>', new Date())
      .executeTakeFirst();
  };

  return {
    handle: (request) => auth.handler(request),
    async userOf(headers) {
      const key = /^Bearer (sw_[\w-]{43})$/.exec(headers.get('authorization') ?? '')?.[1];
      if (key) {
        const id = await userOfKey(db, key);
        const user = id && (await userById(id));
        return user ? { user, by: 'key' } : undefined;
      }
      const user = await userOfSession(headers.get('cookie') ?? '');
      return user && { user, by: 'cookie' };
    },
    async signInLink(email) {
      let link: string | undefined;
      const told = (url: string) => {
        link = url;
      };
      await auth.api.signInMagicLink({
        body: { email, callbackURL: '/', metadata: { told } },
        headers: new Headers(),
      });
      if (!link) throw new Error(`no account ${email}`);
      return link;
    },
    async createUser({ email, name, role, password }) {
      const id = newId();
      const { password: hasher } = await auth.$context;
      const hash = password === undefined ? undefined : await hasher.hash(password);
      return db.transaction().execute(async (tx) => {
        // Verified, or else its password would stop working with the first link.
        const made = await tx
          .insertInto('user')
          .values({ id, email: email.toLowerCase(), name, role, emailVerified: true })
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
      });
    },
  };
}

/** The value of a cookie that the library has signed: value.hmac, URL-encoded. */
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

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** @returns the key, which is told this once and kept as a hash only */
export async function createApiKey(
  db: Kysely<Schema>,
  { user, name, expires }: { user: string; name: string; expires?: string },
): Promise<{ id: string; key: string }> {
  const key = keyPrefix + randomBytes(32).toString('base64url');
  const id = newId();
  await db
    .insertInto('api_key')
    .values({ id, user_id: user, name, hash: hashOf(key), expires })
    .execute();
  return { id, key };
}

async function userOfKey(db: Kysely<Schema>, key: string): Promise<string | undefined> {
  const now = new Date();
  const found = await db
    .selectFrom('api_key')
    .select(['id', 'user_id', 'expires', 'last_used'])
    .where('hash', '=', hashOf(key))
    .executeTakeFirst();
  if (!found || (found.expires && found.expires <= now)) return undefined;
  // Once a minute is often enough to know whether it is in use.
  if (!found.last_used || now.getTime() - found.last_used.getTime() > 60_000) {
    await db.updateTable('api_key').set({ last_used: now }).where('id', '=', found.id).execute();
  }
  return found.user_id;
}
