/** Routes of the caller and of accounts. */
import {
  deleteUserAccess,
  getAudit,
  getAuditVerify,
  getHealth,
  getMe,
  getMeMail,
  getMePassword,
  getUsers,
  patchUser,
  postUserLink,
  postUsers,
  putMeMail,
  putMePassword,
} from '@saltworks/contract/api/accounts';
import { deleteMeKey, getMeKeys, postMeKeys } from '@saltworks/contract/api/api-keys';
import { getSignInWays } from '@saltworks/contract/api/sign-in';
import { changeAccount, revokeAccess } from '../accounts/accounts.ts';
import { auditAlone, verifyAudit } from '../accounts/audit.ts';
import { campaignsOf } from '../campaigns/members.ts';
import type { UserRole } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { createApiKey } from './auth.ts';
import { headersOf } from './caller.ts';
import { NotReadyError } from './failures.ts';
import { type Deps, route } from './routes.ts';

/** Creates an account. @returns its id, or undefined if the e-mail address is taken */
export async function createAccount(
  { auth, db }: Deps,
  { role = 'member', ...given }: { email: string; name: string; role?: UserRole; password?: string },
  actor: string,
): Promise<string | undefined> {
  const id = await auth.createUser({ role, ...given });
  if (id) {
    const detail = { email: given.email, role };
    await auditAlone(db, { actor, action: 'user.create', object: id, detail });
  }
  return id;
}

export const accountRoutes = [
  route(getHealth, {
    summary: 'Whether the server answers, and what it needs',
    access: 'public',
    async handler({ deps }) {
      await deps.db.selectNoFrom((eb) => eb.lit(1).as('one')).execute();
      const { ready, parts } = await deps.probes.readiness();
      const failing = Object.keys(parts).filter((name) => parts[name] !== 'ok');
      if (!ready) throw new NotReadyError(`${failing.join(', ')}: no answer; expected another try later`);
      return { ok: true } as const;
    },
  }),
  route(getSignInWays, {
    summary: 'Ways to sign in, besides passwords and links',
    access: 'public',
    handler: ({ deps }) => ({ openIdConnect: deps.auth.openIdConnect }),
  }),
  route(getMe, {
    summary: 'Who asks, and the campaigns they may see',
    access: 'user',
    async handler({ deps, user }) {
      return { ...user, campaigns: await campaignsOf(deps.db, user) };
    },
  }),
  route(getMeKeys, {
    summary: 'My API keys',
    access: 'user',
    async handler({ deps, user }) {
      const rows = await deps.db
        .selectFrom('api_key')
        .selectAll()
        .where('user_id', '=', user.id)
        .orderBy('created')
        .execute();
      return rows.map(({ id, name, created, expires, last_used }) => ({
        id,
        name,
        created: created.toISOString(),
        expires: expires?.toISOString() ?? null,
        lastUsed: last_used?.toISOString() ?? null,
      }));
    },
  }),
  route(postMeKeys, {
    summary: 'A new API key of mine; it is told this once',
    access: 'user',
    async handler({ deps, user, body }) {
      const made = await createApiKey(deps.db, { user: user.id, ...body });
      await auditAlone(deps.db, { actor: user.id, action: 'key.create', object: made.id, detail: { name: body.name } });
      return made;
    },
  }),
  route(deleteMeKey, {
    summary: 'Ends an API key of mine',
    access: 'user',
    async handler({ deps, user, params }) {
      const { numDeletedRows } = await deps.db
        .deleteFrom('api_key')
        .where('id', '=', params.key)
        .where('user_id', '=', user.id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new NotFoundError('no such key');
      await auditAlone(deps.db, { actor: user.id, action: 'key.delete', object: params.key });
      return null;
    },
  }),
  route(getMePassword, {
    summary: 'Whether I have a password, and must give it to set a new one',
    access: 'session',
    handler: ({ deps, request }) => deps.auth.passwordState(headersOf(request)),
  }),
  route(putMePassword, {
    summary: 'Sets my password and ends my other sessions',
    access: 'session',
    perMinute: 10,
    async handler({ deps, request, body }) {
      await deps.auth.setPassword(headersOf(request), body);
      return null;
    },
  }),
  route(getMeMail, {
    summary: 'Whether the server sends e-mail, and I want it of my work',
    access: 'user',
    async handler({ deps, user }) {
      const { mail } = await deps.db
        .selectFrom('user')
        .select('mail')
        .where('id', '=', user.id)
        .executeTakeFirstOrThrow();
      return { sent: deps.notices.mails !== undefined, wanted: mail };
    },
  }),
  route(putMeMail, {
    summary: 'Says whether I want e-mail of my work; links to sign in come in any case',
    access: 'user',
    async handler({ deps, user, body }) {
      await deps.db.updateTable('user').set({ mail: body.wanted }).where('id', '=', user.id).execute();
      return null;
    },
  }),
  route(getUsers, {
    summary: 'All accounts',
    access: 'admin',
    handler: ({ deps }) =>
      deps.db.selectFrom('user').select(['id', 'name', 'email', 'role', 'disabled']).orderBy('email').execute(),
  }),
  route(patchUser, {
    summary: 'Changes what an account may do, or ends it; what it drew stays',
    access: 'admin',
    errors: [409],
    async handler({ deps, params, body, user }) {
      for (const id of await changeAccount(deps.db, params.user, body, user.id)) deps.answers.closed(id);
      return null;
    },
  }),
  route(postUsers, {
    summary: 'A new account; without a password it signs in by a link or OpenID Connect',
    access: 'admin',
    errors: [409],
    async handler({ deps, body, user }) {
      const id = await createAccount(deps, body, user.id);
      if (!id) throw new ConflictError(`account ${body.email} is there already; expected an address that is new`);
      if (body.password) return { id };
      const mailed = await deps.notices.mails?.invite(id);
      return { id, link: await deps.auth.signInLink(body.email.toLowerCase()), mailed };
    },
  }),
  route(deleteUserAccess, {
    summary: 'Ends all sessions, sign-in links and API keys of an account, which itself stays',
    access: 'admin',
    async handler({ deps, params, user }) {
      await revokeAccess(deps.db, params.user, user.id);
      return null;
    },
  }),
  route(postUserLink, {
    summary: 'A link that signs an account in once, within ten minutes',
    access: 'admin',
    errors: [409],
    async handler({ deps, params, user }) {
      const found = await deps.db
        .selectFrom('user')
        .select(['email', 'disabled'])
        .where('id', '=', params.user)
        .executeTakeFirst();
      if (!found) throw new NotFoundError(`no user ${params.user}`);
      if (found.disabled) throw new ConflictError(`account ${found.email} was ended`);
      await auditAlone(deps.db, { actor: user.id, action: 'user.link', object: params.user });
      return { link: await deps.auth.signInLink(found.email) };
    },
  }),
  route(getAudit, {
    summary: 'The latest entries of the audit trail',
    access: 'admin',
    async handler({ deps, query }) {
      let rows = deps.db.selectFrom('audit').selectAll().orderBy('n', 'desc').limit(100);
      if (query.before) rows = rows.where('n', '<', String(query.before));
      return (await rows.execute()).map(({ n, at, actor, action, object, detail, hash }) => ({
        n: Number(n),
        at: at.toISOString(),
        actor,
        action,
        object,
        detail,
        hash,
      }));
    },
  }),
  route(getAuditVerify, {
    summary: 'Follows the chain of the audit trail',
    access: 'admin',
    handler: ({ deps }) => verifyAudit(deps.db),
  }),
];
