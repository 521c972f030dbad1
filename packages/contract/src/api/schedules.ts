/** Schedules: work that is done at set times, and the history of how it went. */

import { exportFormatNames } from '../export-formats.ts';
import { presetNames } from '../kinds.ts';
import { keepPolicies, promoteModes } from '../messages/relabel.ts';
import { firingMade, firingOutcomes } from '../messages/schedules.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, limit, nothing, pageOf, params, slug, subjectText, text, wholeNumber } from './fields.ts';
import { keysChoice } from './keys.ts';

const share = z.number().check(z.gte(0), z.lte(1));

/** All masks made anew with the newest backbone of a channel, or with a fixed one: one of the two is given. */
const relabelWork = z.strictObject({
  kind: z.literal('relabel'),
  subject: subjectText,
  channel: z.optional(slug),
  keys: z.optional(z.strictObject(keysChoice)),
  /** Default: the subject's own. */
  preset: z.optional(z.enum(presetNames)),
  promote: z._default(z.enum(promoteModes), 'auto'),
  keep: z._default(z.enum(keepPolicies), 'accepted'),
  /** Default: the campaign's. */
  thresholds: z.optional(z.partial(z.strictObject({ worse: share, changed: share }))),
});

/** New and changed files of a source. Only administrators schedule it. */
const importWork = z.strictObject({
  kind: z.literal('import'),
  dataset: params.dataset,
  /** A folder as workers see it, with its whole path, or s3://bucket/prefix; default: where the dataset came from. */
  source: z.optional(text(2_000)),
});

/** Of every image that several annotators handed in, whose consensus is missing or older than the last of them. */
const consensusWork = z.strictObject({
  kind: z.literal('consensus'),
  campaign: slug,
  weights: z._default(z.enum(['reliability', 'equal']), 'reliability'),
});

/** The build that is shown, as files. */
const exportWork = z.strictObject({
  kind: z.literal('export'),
  subject: subjectText,
  format: z.enum(exportFormatNames),
  /** So many exports of this schedule stay, older ones are removed; default: all. */
  keep: z.optional(z.int().check(z.gte(1), z.lte(1_000))),
});

/** Sets of keys that nothing draws on any more. Only administrators schedule it. */
const expireWork = z.strictObject({
  kind: z.literal('expire-keys'),
  /** Default: every dataset. */
  dataset: z.optional(params.dataset),
  /** Days for which nobody used them. */
  unused: z._default(z.int().check(z.gte(0), z.lte(3_650)), 30),
});

/** Views and thumbnails by their age, which are made again when somebody looks. Only administrators schedule it. */
const expireViewsWork = z.strictObject({
  kind: z.literal('expire-views'),
  /** Days since they were made. */
  older: z._default(z.int().check(z.gte(0), z.lte(3_650)), 90),
});

export const scheduleWork = z.discriminatedUnion('kind', [
  relabelWork,
  importWork,
  consensusWork,
  exportWork,
  expireWork,
  expireViewsWork,
]);
export type ScheduleWork = z.infer<typeof scheduleWork>;
export const scheduleKinds = ['relabel', 'import', 'consensus', 'export', 'expire-keys', 'expire-views'] as const;

/**
 * A time has come and the firing before is under way. `skip`: left out. `buffer`: one waits for it. `cancel`: the one before is
 * ended. `allow`: both go on; of exports and of expiries only.
 */
export const overlapPolicies = ['skip', 'buffer', 'cancel', 'allow'] as const;
export const mayOverlap = (kind: ScheduleWork['kind']): boolean =>
  kind === 'export' || kind === 'expire-keys' || kind === 'expire-views';

/** A schedule where nobody says otherwise: the same in the page's form, the command and the API. */
export const scheduleDefaults = { timezone: 'UTC', overlap: 'skip', catchUp: 3_600 } as const;

const settings = {
  /** `0 2 * * *`, or `every 6h`. No JSON Schema can say it all: `cadenceOf` checks it. */
  when: text(100),
  /** For the fields of `when`: Europe/Berlin; `checkTimeZone` checks it. */
  timezone: text(100),
  overlap: z.enum(overlapPolicies),
  /** Seconds for which a firing that was missed, as nothing ran, is made up for; null: never. */
  catchUp: z.nullable(z.int().check(z.gte(10), z.lte(31_622_400))),
  note: text(500, 0),
};

export const newSchedule = z.described(
  z.strictObject({
    id: slug,
    work: scheduleWork,
    when: settings.when,
    timezone: z._default(settings.timezone, scheduleDefaults.timezone),
    overlap: z._default(settings.overlap, scheduleDefaults.overlap),
    catchUp: z._default(settings.catchUp, scheduleDefaults.catchUp),
    note: z._default(settings.note, ''),
    paused: z._default(z.boolean(), false),
  }),
  { id: 'NewSchedule' },
);
export type NewSchedule = z.infer<typeof newSchedule>;

export const firing = z.described(
  z.object({
    /** Within its schedule. */
    id: z.string(),
    /** When it was due, or triggered. */
    at: z.string(),
    started: z.string(),
    ended: z.nullable(z.string()),
    outcome: z.enum(['running', ...firingOutcomes]),
    /** Why it was skipped, failed, or waits. */
    reason: z.nullable(z.string()),
    made: firingMade,
  }),
  { id: 'Firing' },
);
export type Firing = z.infer<typeof firing>;

export const schedule = z.described(
  z.object({
    id: z.string(),
    work: scheduleWork,
    when: z.string(),
    timezone: z.string(),
    overlap: z.enum(overlapPolicies),
    catchUp: z.nullable(z.int()),
    note: z.string(),
    paused: z.boolean(),
    /** The campaign whose managers may change it; null: administrators alone. */
    campaign: z.nullable(z.string()),
    /** Name of the account that made it. */
    by: z.string(),
    created: z.string(),
    /** The next times, the first of a few; empty while it is paused. */
    next: z.array(z.string()),
    /** Firings that came to nothing: nothing ran for longer than `catchUp`; one waited already. */
    missed: z.int(),
    dropped: z.int(),
    last: z.nullable(firing),
  }),
  { id: 'Schedule' },
);
export type ScheduleInfo = z.infer<typeof schedule>;

const at = '/api/schedules';

/** Those that the caller may change. @property campaign only those of this campaign */
export const getSchedules = endpoint({
  method: 'GET',
  url: at,
  query: z.object({ campaign: z.optional(id) }),
  response: z.array(schedule),
});

export const postSchedules = endpoint({ method: 'POST', url: at, body: newSchedule, response: schedule });

export const getSchedule = endpoint({ method: 'GET', url: `${at}/:schedule`, response: schedule });

/** Pauses it, goes on with it, or changes its note. */
export const patchSchedule = endpoint({
  method: 'PATCH',
  url: `${at}/:schedule`,
  body: z.partial(z.strictObject({ paused: z.boolean(), note: settings.note })),
  response: schedule,
});

/** Its history goes with it. What it made stays. */
export const deleteSchedule = endpoint({ method: 'DELETE', url: `${at}/:schedule`, response: nothing });

/** Fires once, now, paused or not. The overlap policy holds. */
export const postScheduleTrigger = endpoint({ method: 'POST', url: `${at}/:schedule/trigger`, response: nothing });

/** The newest first. */
export const getScheduleFirings = endpoint({
  method: 'GET',
  url: `${at}/:schedule/firings`,
  query: z.object({ after: z.optional(wholeNumber), limit }),
  response: pageOf(firing),
});
