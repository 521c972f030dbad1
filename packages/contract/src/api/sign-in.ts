/** The sign-in library's own routes that the page calls. Their answers are the library's; the page reads nothing from them. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';

/** Prolongs a session that is in use. */
export const getSession = endpoint({ method: 'GET', url: '/api/auth/get-session', response: z.unknown() });

export const postSignInEmail = endpoint({
  method: 'POST',
  url: '/api/auth/sign-in/email',
  body: z.strictObject({ email: z.string(), password: z.string() }),
  response: z.unknown(),
});

export const postSignOut = endpoint({
  method: 'POST',
  url: '/api/auth/sign-out',
  body: z.strictObject({}),
  response: z.unknown(),
});
