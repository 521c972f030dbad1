/** Who asks: accounts and sessions by better-auth, API keys of our own. */
import { createHash, randomBytes } from 'node:crypto';
import { betterAuth } from 'better-auth';
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
  /** Answers requests below /api/auth. */
  handle(request: Request): Promise<Response>;
  /** The user of a session cookie or an API key; undefined for nobody. */
  userOf(headers: Headers): Promise<{ user: User; by: 'cookie' | 'key' } | undefined>;
  /** A link that signs a user in once, within ten minutes. */
  signInLink(email: string): Promise<string>;
  /** Creates an account; with a password it can sign in by it. @returns its id, or undefined if the address is taken */
  createUser(user: { email: string; name: string; role: UserRole; password?: string }): Promise<string | undefined>;
}

const keyPrefix = 'sw_';

export function openAuth(db: Kysely<Schema>, { secret, url, oidc }: AuthOptions): Auth {
  const links = new Map<string, string>();
  const auth = betterAuth({
    database: { db, type: 'postgres' },
    secret,
    baseURL: url,
    basePath: '/api/auth',
    trustedOrigins: [new URL(url).origin],
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    user: { additionalFields: { role: { type: 'string', input: false, defaultValue: 'member' } } },
    session: { cookieCache: { enabled: true, maxAge: 60 } },
    advanced: {
      useSecureCookies: url.startsWith('https:'),
      ipAddress: { ipAddressHeaders: ['x-saltworks-client'] },
      database: { generateId: newId },
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    plugins: [
      magicLink({
        storeToken: 'hashed',
        disableSignUp: true,
        expiresIn: 600,
        sendMagicLink: ({ email, url: link }) => {
          links.set(email, link);
        },
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

  const userById = async (id: string): Promise<User | undefined> =>
    db.selectFrom('user').select(['id', 'name', 'email', 'role']).where('id', '=', id).executeTakeFirst();

  return {
    handle: (request) => auth.handler(request),
    async userOf(headers) {
      const key = /^Bearer (sw_[\w-]{43})$/.exec(headers.get('authorization') ?? '')?.[1];
      if (key) {
        const id = await userOfKey(db, key);
        const user = id && (await userById(id));
        return user ? { user, by: 'key' } : undefined;
      }
      if (!headers.has('cookie')) return undefined;
      const session = await auth.api.getSession({ headers });
      const user = session && (await userById(session.user.id));
      return user ? { user, by: 'cookie' } : undefined;
    },
    async signInLink(email) {
      await auth.api.signInMagicLink({ body: { email, callbackURL: '/' }, headers: new Headers() });
      const link = links.get(email);
      links.delete(email);
      if (!link) throw new Error(`no account ${email}`);
      return link;
    },
    async createUser({ email, name, role, password }) {
      const known = await db
        .selectFrom('user')
        .select('id')
        .where('email', '=', email.toLowerCase())
        .executeTakeFirst();
      if (known) return undefined;
      const id = newId();
      await db.transaction().execute(async (tx) => {
        // Verified, or else its password would stop working with the first link.
        await tx
          .insertInto('user')
          .values({ id, email: email.toLowerCase(), name, role, emailVerified: true })
          .execute();
        if (password === undefined) return;
        const { password: hasher } = await auth.$context;
        await tx
          .insertInto('account')
          .values({
            id: newId(),
            accountId: id,
            providerId: 'credential',
            userId: id,
            password: await hasher.hash(password),
          })
          .execute();
      });
      return id;
    },
  };
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
