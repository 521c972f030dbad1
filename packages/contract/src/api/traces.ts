/** Steps that were taken in a person's browser, for the trace that they belong to: ids and durations, no text. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { nothing } from './fields.ts';

/** What a person does, and its steps. */
const names = [
  ...([
    'open',
    'segment',
    'stroke',
    'fill',
    'erase',
    'delete',
    'accept',
    'classify',
    'merge',
    'split',
    'move',
    'lock',
    'unlock',
    'rename',
    'value',
  ] as const),
  ...(['undo', 'redo', 'submit'] as const),
  ...(['next', 'assignment', 'log', 'image', 'keys', 'keep', 'send', 'preview', 'patch', 'pixels'] as const),
] as const;
export type PageSpanName = (typeof names)[number];

const hex = (digits: number) =>
  z.string().check(z.regex(new RegExp(`^(?!0{${digits}})[0-9a-f]{${digits}}$`), `${digits} digits of 0-9 and a-f`));
/** A year: pages stay open for long. */
const since = z.number().check(z.gte(0), z.lte(366 * 24 * 3600 * 1000));
const minutes = (most: number) => z.number().check(z.gte(0), z.lte(most * 60_000));

const pageSpan = z.strictObject({
  trace: hex(32),
  span: hex(16),
  parent: z.optional(hex(16)),
  name: z.enum(names),
  /** Milliseconds from the beginning of the page. */
  start: since,
  ms: minutes(60),
  failed: z.optional(z.boolean()),
});
export type PageSpan = z.infer<typeof pageSpan>;

/** Clocks of browsers are wrong, so the server reckons from `now`. */
export const postTraces = endpoint({
  method: 'POST',
  url: '/api/traces',
  body: z.strictObject({
    /** When this was sent, milliseconds from the beginning of the page. */
    now: since,
    /** The shortest time that a request took so far: there and back. */
    trip: minutes(1),
    spans: z.array(pageSpan).check(z.minLength(1), z.maxLength(100)),
  }),
  response: nothing,
});
export type PageTraces = z.infer<(typeof postTraces)['body']>;
