/** Channels of backbones: what each stands for, and stood for. */
import { facets } from '../kinds.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { nothing, text } from './fields.ts';
import { keysChoice } from './keys.ts';

const entry = z.object({
  backbone: z.string(),
  layer: z.optional(z.int()),
  facet: z.enum(facets),
  longSide: z.optional(z.int()),
  codec: z.optional(z.string()),
  note: z.optional(z.string()),
  /** When it was set. */
  set: z.string(),
  /** Address of the account; null where nobody is named. */
  by: z.nullable(z.string()),
});

export const channel = z.described(
  z.object({
    name: z.string(),
    /** The newest first: that one counts. */
    entries: z.array(entry),
  }),
  { id: 'Channel' },
);
export type Channel = z.infer<typeof channel>;

export const getChannels = endpoint({ method: 'GET', url: '/api/channels', response: z.array(channel) });

/** Adds an entry, unless the channel stands for just that already. */
export const postChannel = endpoint({
  method: 'POST',
  url: '/api/channels/:channel',
  body: z.strictObject({ ...keysChoice, note: z.optional(text(500)) }),
  response: channel,
});

export const deleteChannel = endpoint({ method: 'DELETE', url: '/api/channels/:channel', response: nothing });
