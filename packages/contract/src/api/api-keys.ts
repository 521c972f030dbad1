/** Keys by which scripts and commands are let in as the account that made them. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, nothing, text, time } from './fields.ts';

/** A key; its secret was told when it was made. */
export const apiKey = z.described(
  z.object({
    id,
    name: z.string(),
    created: z.string(),
    expires: z.nullable(z.string()),
    lastUsed: z.nullable(z.string()),
  }),
  { id: 'ApiKey' },
);
export type ApiKey = z.infer<typeof apiKey>;

export const getMeKeys = endpoint({ method: 'GET', url: '/api/me/keys', response: z.array(apiKey) });

export const postMeKeys = endpoint({
  method: 'POST',
  url: '/api/me/keys',
  body: z.strictObject({ name: text(100), expires: z.optional(time) }),
  response: z.object({ id: z.string(), key: z.string() }),
});

export const deleteMeKey = endpoint({ method: 'DELETE', url: '/api/me/keys/:key', response: nothing });
