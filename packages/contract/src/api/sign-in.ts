/** Signing in: the ways there are, and the sign-in library's own routes that the page calls. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';

/** Ways to sign in, besides passwords and links. */
export const getSignInWays = endpoint({
  method: 'GET',
  url: '/api/sign-in/ways',
  response: z.object({
    /** The host of the provider; null: none. */
    openIdConnect: z.nullable(z.string()),
  }),
});

/** Begins a sign-in by OpenID Connect, which goes on at the returned address. */
export const postSignInSocial = endpoint({
  method: 'POST',
  url: '/api/auth/sign-in/social',
  body: z.strictObject({ provider: z.literal('oidc'), callbackURL: z.string(), errorCallbackURL: z.string() }),
  response: z.object({ url: z.string() }),
});

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
