/** What annotators do to an image, and the drawing that it amounts to. */

import { attributeValue } from '../attributes.ts';
import { givenOrigins, maxSegmentId } from '../documents/scribbles.ts';
import * as z from '../zod.ts';
import { line } from './fields.ts';

/** [x, y] in pixels of an image. */
export const point = z.tuple([z.number().check(z.gte(0), z.lte(1e6)), z.number().check(z.gte(0), z.lte(1e6))]);
const segmentId = z.int().check(z.gte(0), z.lte(maxSegmentId));
/** The background has no name. */
const namedId = z.int().check(z.gte(1), z.lte(maxSegmentId));
const categoryId = z.int().check(z.gte(1), z.lte(65_535));

/** Run lengths of an image's pixels, outside and inside in turn; the request's size bounds their number. */
export const region = z.array(z.int().check(z.gte(0), z.lte(1e9))).check(z.minLength(2));

const stroke = z.strictObject({
  kind: z.literal('stroke'),
  segment: segmentId,
  points: z.array(point).check(z.minLength(1), z.maxLength(4096)),
  radius: z.number().check(z.gte(0), z.lte(10_000)),
  polygon: z.optional(z.boolean()),
  exact: z.optional(z.boolean()),
  spread: z.optional(z.boolean()),
});

/** An annotator's deed, as it is sent. The log only grows: undo and redo are interactions, too. */
export const interaction = z.described(
  z.discriminatedUnion('kind', [
    /** Names a new segment. Its category is one of the campaign's; it takes the values, not the name, of the one that it is `like`. */
    z.strictObject({ kind: z.literal('segment'), id: namedId, category: categoryId, like: z.optional(namedId) }),
    /** Draws; spec/scribbles.md says what the fields mean. */
    stroke,
    /** Gives these very pixels to a segment; `spread: false` teaches no others. */
    z.strictObject({ kind: z.literal('fill'), segment: segmentId, region, spread: z.optional(z.boolean()) }),
    /** Takes one stroke away: the one that was the n-th interaction. */
    z.strictObject({ kind: z.literal('erase'), stroke: z.int().check(z.gte(1)) }),
    /** Takes a segment away, with all of its strokes. Its id is not given again. */
    z.strictObject({ kind: z.literal('delete'), segment: namedId }),
    /** Takes a segment that the image began with for right as it is, or with null all that are left. No pixel changes. */
    z.strictObject({ kind: z.literal('accept'), segment: z.nullable(namedId) }),
    /** Gives a segment another category. */
    z.strictObject({ kind: z.literal('classify'), segment: namedId, category: categoryId }),
    /** Gives a segment's strokes to another; its id is not given again. */
    z.strictObject({ kind: z.literal('merge'), segment: namedId, into: namedId }),
    /** Gives these very pixels of a segment to a new one of its class and values; they teach no others. */
    z.strictObject({ kind: z.literal('split'), segment: namedId, into: namedId, region }),
    /** Moves a segment in the list: before another, or with null to the end. No pixel changes. */
    z.strictObject({ kind: z.literal('move'), segment: namedId, before: z.nullable(namedId) }),
    /** Holds the pixels that a segment has: no later stroke or solve changes them. The segment takes no strokes until `unlock`. */
    z.strictObject({ kind: z.literal('lock'), segment: segmentId, region }),
    z.strictObject({ kind: z.literal('unlock'), segment: segmentId }),
    /** Gives a segment a name beside its class; null takes it away. */
    z.strictObject({
      kind: z.literal('rename'),
      segment: namedId,
      name: z.nullable(line(200)),
    }),
    /** Gives a segment, or with 0 the image, the value of one of the campaign's attributes; null takes it away. */
    z.strictObject({
      kind: z.literal('value'),
      segment: segmentId,
      attribute: z.int().check(z.gte(1), z.lte(65_535)),
      value: z.nullable(attributeValue),
    }),
    /** Takes back the last of these that is not taken back yet. */
    z.strictObject({ kind: z.literal('undo') }),
    /** Does again what was taken back last, unless something else was done since. */
    z.strictObject({ kind: z.literal('redo') }),
  ]),
  { id: 'Interaction' },
);

/** Interactions of one window, numbered there from 1: sent twice, they count once. */
export const batch = z.described(
  z.strictObject({
    client: z.string().check(z.regex(/^[A-Za-z0-9_-]{8,64}$/, 'a-z, A-Z, 0-9, - and _, 8 to 64')),
    interactions: z
      .array(z.strictObject({ seq: z.int().check(z.gte(1)), interaction }))
      .check(z.minLength(1), z.maxLength(500)),
  }),
  { id: 'Batch' },
);

export const appended = z.described(z.object({ n: z.int(), added: z.int() }), { id: 'Appended' });

const isPoint = (given: unknown): given is [number, number] =>
  Array.isArray(given) && given.length === 2 && typeof given[0] === 'number' && typeof given[1] === 'number';

/** [x, y] of a stroke. A log holds a hundred thousand of them, so a plain loop checks them. */
const points = z.described(
  z.custom<[number, number][]>((given) => Array.isArray(given) && given.every(isPoint)),
  { type: 'array', items: { type: 'array', items: { type: 'number' } } },
);

/** Run lengths, checked likewise. */
const runs = z.described(
  z.custom<number[]>((given) => Array.isArray(given) && given.every((length) => typeof length === 'number')),
  { type: 'array', items: { type: 'number' } },
);

/** Of what nobody drew: the image began with it, before the first deed. Only the server writes it; no undo takes it back. */
const origin = z.optional(z.enum(givenOrigins));

/** Values by the ids of attributes. */
const values = z.record(z.string(), attributeValue);

/** Segments and strokes that are there, in the order of the list and of drawing. */
export const drawing = z.described(
  z.object({
    segments: z.array(
      z.object({
        ...{ id: z.int(), category: z.int(), origin },
        /** Somebody took it for right as it was given. */
        accepted: z.optional(z.literal(true)),
        /** Beside its class. */
        name: z.optional(z.string()),
        values: z.optional(values),
      }),
    ),
    strokes: z.array(
      z.object({
        /** Number, from 1, of the interaction that drew it. */
        n: z.int(),
        segment: z.int(),
        /** None where there is a region. */
        points,
        radius: z.number(),
        /** What they say: spec/scribbles.md. */
        polygon: z.optional(z.boolean()),
        region: z.optional(runs),
        exact: z.optional(z.boolean()),
        spread: z.optional(z.boolean()),
        origin,
      }),
    ),
    /** Locked segments and the pixels that they hold, in the order of locking; absent if there are none. */
    locks: z.optional(z.array(z.object({ segment: z.int(), region: runs }))),
    /** Of the image. */
    values: z.optional(values),
    /** Whether there is something to undo, and to redo. */
    undo: z.boolean(),
    redo: z.boolean(),
  }),
  { id: 'Drawing' },
);
export type Drawing = z.infer<typeof drawing>;

/** An interaction as it was logged, whichever version of the server let it in: only as much is checked as replaying reads. */
export const loggedInteraction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('segment'), id: z.int(), category: z.int(), like: z.optional(z.int()), origin }),
  z.object({
    ...{ kind: z.literal('stroke'), segment: z.int(), points, radius: z.number() },
    ...{ polygon: z.optional(z.boolean()), exact: z.optional(z.boolean()), spread: z.optional(z.boolean()) },
  }),
  z.object({ kind: z.literal('fill'), segment: z.int(), region: runs, spread: z.optional(z.boolean()), origin }),
  z.object({ kind: z.literal('erase'), stroke: z.int() }),
  z.object({ kind: z.literal('delete'), segment: z.int() }),
  z.object({ kind: z.literal('accept'), segment: z.nullable(z.int()) }),
  z.object({ kind: z.literal('classify'), segment: z.int(), category: z.int() }),
  z.object({ kind: z.literal('merge'), segment: z.int(), into: z.int() }),
  z.object({ kind: z.literal('split'), segment: z.int(), into: z.int(), region: runs }),
  z.object({ kind: z.literal('move'), segment: z.int(), before: z.nullable(z.int()) }),
  z.object({ kind: z.literal('lock'), segment: z.int(), region: runs }),
  z.object({ kind: z.literal('unlock'), segment: z.int() }),
  z.object({ kind: z.literal('rename'), segment: z.int(), name: z.nullable(z.string()), origin }),
  z.object({
    ...{ kind: z.literal('value'), segment: z.int(), attribute: z.int(), value: z.nullable(attributeValue) },
    origin,
  }),
  z.object({ kind: z.literal('undo') }),
  z.object({ kind: z.literal('redo') }),
]);

export type Interaction = z.infer<typeof loggedInteraction>;

/** Whether nobody did it: the image began with it. */
export const isGiven = (interaction: Interaction): boolean =>
  'origin' in interaction && interaction.origin !== undefined;

/** The window that entries of a log have which nobody did; no window of a person has so short a name. */
export const givenClient = 'start';

/** A line of an assignment's log. The interaction is sent as it was stored, byte for byte. */
export const logEntry = z.described(
  z.object({
    n: z.int(),
    client: z.string(),
    seq: z.int(),
    /** Account of the reviewer who did it; absent: the assignment's annotator. */
    by: z.optional(z.string()),
    interaction: z.custom<Interaction>((given) => z.safeParse(loggedInteraction, given).success),
    received: z.string(),
  }),
  { id: 'LogEntry' },
);
export type Logged = z.infer<typeof logEntry>;
