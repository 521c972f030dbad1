/** Accounts: oneself, everybody else, and the trail of their deeds. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, integer, lengthOf, nothing, text } from './fields.ts';
import { memberRole } from './states.ts';

export const user = z.described(
  z.object({ id, name: z.string(), email: z.string(), role: z.enum(['admin', 'member']) }),
  { id: 'User' },
);

export const password = z.described(
  z
    .string()
    .check(z.refine((given) => lengthOf(given) >= 12 && lengthOf(given) <= 128, 'expected 12 to 128 characters')),
  { minLength: 12, maxLength: 128, format: 'password' },
);

export const newUser = z.described(
  z.strictObject({
    // By its pattern alone: validators differ in what the format `email` takes.
    email: z.string().check(z.regex(z.regexes.email, 'an e-mail address'), z.maxLength(254)),
    name: text(100),
    role: z._default(z.enum(['admin', 'member']), 'member'),
    password: z.optional(password),
  }),
  { id: 'NewUser' },
);

/** An account, as administrators see it; one that is disabled can sign in no more. */
export const account = z.described(z.extend(user, { disabled: z.boolean() }), { id: 'Account' });
export type Account = z.infer<typeof account>;

export const accountChanges = z.described(
  z.partial(z.strictObject({ role: z.enum(['admin', 'member']), disabled: z.boolean() })),
  { id: 'AccountChanges' },
);
export type AccountChanges = z.infer<typeof accountChanges>;

/** The caller, and the campaigns that they are a member of. */
export const me = z.extend(user, {
  campaigns: z.array(z.object({ id: z.string(), name: z.string(), role: memberRole })),
});
export type Me = z.infer<typeof me>;

/** Whether the caller has a password, and whether a new one needs it. */
export const passwordState = z.object({ set: z.boolean(), needed: z.boolean() });
export type PasswordState = z.infer<typeof passwordState>;

/** Whether a link goes to the account's address as well; left out where the server sends no e-mail. */
export const mailed = z.optional(z.boolean());

/** Whether the server sends e-mail, and the caller wants it of their work. */
export const mailState = z.object({ sent: z.boolean(), wanted: z.boolean() });

export const auditEntry = z.object({
  n: z.int(),
  at: z.string(),
  actor: z.nullable(z.string()),
  action: z.string(),
  object: z.string(),
  detail: z.unknown(),
  hash: z.string(),
});

export const getHealth = endpoint({
  method: 'GET',
  url: '/api/health',
  response: z.object({ ok: z.literal(true) }),
});

export const getMe = endpoint({ method: 'GET', url: '/api/me', response: me });

export const getMePassword = endpoint({ method: 'GET', url: '/api/me/password', response: passwordState });

export const putMePassword = endpoint({
  method: 'PUT',
  url: '/api/me/password',
  body: z.strictObject({ password, current: z.optional(z.string().check(z.maxLength(128))) }),
  response: nothing,
});

export const getMeMail = endpoint({ method: 'GET', url: '/api/me/mail', response: mailState });

export const putMeMail = endpoint({
  method: 'PUT',
  url: '/api/me/mail',
  body: z.strictObject({ wanted: z.boolean() }),
  response: nothing,
});

export const getUsers = endpoint({ method: 'GET', url: '/api/users', response: z.array(account) });

export const patchUser = endpoint({
  method: 'PATCH',
  url: '/api/users/:user',
  body: accountChanges,
  response: nothing,
});

export const postUsers = endpoint({
  method: 'POST',
  url: '/api/users',
  body: newUser,
  response: z.object({ id: z.string(), link: z.optional(z.string()), mailed }),
});

/** Ends every session, link and API key of an account, which itself stays. */
export const deleteUserAccess = endpoint({ method: 'DELETE', url: '/api/users/:user/access', response: nothing });

export const postUserLink = endpoint({
  method: 'POST',
  url: '/api/users/:user/link',
  response: z.object({ link: z.string() }),
});

export const getAudit = endpoint({
  method: 'GET',
  url: '/api/audit',
  query: z.object({ before: z.optional(integer(1, 999_999_999_999_999)) }),
  response: z.array(auditEntry),
});

export const getAuditVerify = endpoint({
  method: 'GET',
  url: '/api/audit/verify',
  response: z.object({ entries: z.int(), head: z.string(), broken: z.optional(z.int()) }),
});
