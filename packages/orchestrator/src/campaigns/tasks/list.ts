/**
 * The tasks of a campaign, a part at a time. A request walks the one index that fits its filters best, from the end of the
 * last part over at most `most` tasks, and checks the other filters task by task. So it costs little however large the
 * campaign is, and a part may be short.
 */
import type { Page } from '@saltworks/contract/api/fields';
import type { CampaignFilter } from '@saltworks/contract/api/filters';
import type { AssignmentState } from '@saltworks/contract/api/states';
import * as z from '@saltworks/contract/zod';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { decodeCursor, encodeCursor } from '../../cursor.ts';
import type { Schema } from '../../db/schema.ts';
import { type ListedTask, readTasks } from './read.ts';

export interface TaskFilter extends Omit<CampaignFilter, 'category'> {
  /** Ids of categories, one of which was drawn. */
  categories?: readonly number[];
}

export interface TaskQuery extends TaskFilter {
  /** `next` of the last part. */
  after?: string;
  limit: number;
  order: 'given' | 'uncertain';
}

/** States of assignments behind each filter of `work`. */
export const statesOf = {
  begun: ['leased'],
  handed: ['submitted', 'accepted'],
  accepted: ['accepted'],
  sent_back: ['sent_back'],
  skipped: ['skipped'],
} as const satisfies Record<string, readonly AssignmentState[]>;

/** Most tasks that one request reads. */
const most = 5_000;

/** @throws NotFoundError for a cursor of another order */
export async function listTasks(db: Kysely<Schema>, campaign: string, query: TaskQuery): Promise<Page<ListedTask>> {
  const { order, limit, after } = query;
  const last = after === undefined ? undefined : placeOf(order, after);
  const { candidates, filters } = planOf(campaign, query);
  const looked = filters.length === 0 ? limit + 1 : most;
  const { rows } = await sql<Place & { fits: boolean }>`
    with candidate as materialized (${candidates(last, looked)})
    select task.id, candidate.place, ${sql.join([sql`true`, ...filters], sql` and `)} as fits
    from candidate join task on task.id = candidate.id
    order by candidate.place, candidate.id`.execute(db);
  const fitting = rows.filter(({ fits }) => fits);
  const shown = fitting.slice(0, limit);
  const next = fitting.length > limit ? shown.at(-1) : rows.length === looked ? rows.at(-1) : undefined;
  const items = await readTasks(
    db,
    campaign,
    shown.map(({ id }) => id),
  );
  return { items, next: next ? encodeCursor([order, next.place, next.id]) : null };
}

/** The numbers of all images whose tasks fit, in the dataset. One pass over the campaign's tasks, by their index. */
export async function fittingImages(db: Kysely<Schema>, campaign: string, filter: TaskFilter): Promise<number[]> {
  const { rows } = await sql<{ image_id: number }>`
    select task.image_id from task where ${whereOf(campaign, filter)} order by task.image_id`.execute(db);
  return rows.map(({ image_id }) => image_id);
}

export async function countTasks(db: Kysely<Schema>, campaign: string, filter: TaskFilter): Promise<number> {
  const { rows } = await sql<{ images: string }>`
    select count(*) as images from task where ${whereOf(campaign, filter)}`.execute(db);
  return Number(rows[0].images);
}

export const whereOf = (campaign: string, filter: TaskFilter): RawBuilder<unknown> =>
  sql.join([sql`task.campaign = ${campaign}`, ...conditionsOf(campaign, filter).values()], sql` and `);

/** A task's position in an order: place, then id. */
interface Place {
  place: number;
  id: string;
}

function placeOf(order: string, text: string): Place {
  const [, place, id] = decodeCursor(
    z.tuple([z.literal(order), z.number(), z.string().check(z.regex(/^\d{1,18}$/))]),
    text,
  );
  return { place, id };
}

interface Plan {
  /** Query for the next tasks, `most` at most: `id` and `place`, in order. */
  candidates(last: Place | undefined, most: number): RawBuilder<unknown>;
  /** Conditions that a `task` has yet to meet. */
  filters: RawBuilder<unknown>[];
}

/** What a row of `task` has to meet, by the field of the filter that asks for it. */
function conditionsOf(campaign: string, filter: TaskFilter): Map<string, RawBuilder<unknown>> {
  const { state, work, uncertain, name, tag, annotator, since, until } = filter;
  const left = new Map<string, RawBuilder<unknown>>();
  if (state !== undefined) left.set('state', sql`task.state = ${state}`);
  if (work === 'none') left.set('work', sql`task.taken = 0`);
  else if (work !== undefined) {
    const states = sql.join(statesOf[work]);
    left.set('work', sql`exists (select from assignment a where a.task = task.id and a.state in (${states}))`);
  }
  const drawn = drawnOf(filter);
  if (drawn) {
    left.set('category', sql`exists (select from task_category c where c.task = task.id and c.category ${drawn})`);
  }
  if (uncertain !== undefined) {
    left.set('uncertain', sql`(task.uncertainty is not null and task.uncertainty >= ${uncertain})`);
  }
  // Normalised, since file systems compose letters in different ways.
  if (name !== undefined) {
    left.set('name', sql`strpos(lower(normalize(task.name, nfc)), lower(normalize(${name}, nfc))) > 0`);
  }
  if (tag !== undefined) left.set('tag', hasTag(campaign, tag));
  if (annotator !== undefined) {
    left.set(
      'annotator',
      // One look by the index for each task, whatever the planner knows of the tables: PGlite gathers no statistics by itself.
      sql`(select true from assignment a where a.task = task.id and a.user_id = ${annotator} and ${didWork} limit 1) is true`,
    );
  }
  if (since !== undefined || until !== undefined) {
    const whose = annotator === undefined ? sql`` : sql`and a.user_id = ${annotator}`;
    left.set(
      'date',
      sql`(select max(a.updated) from assignment a where a.task = task.id and ${didWork} ${whose}) ${within({ since, until })}`,
    );
  }
  return left;
}

/** Of an assignment `a`: it was not merely given back. */
export const didWork = sql`a.state <> 'returned'`;

/** What follows a time: whether it lies from the first day on until the last, in UTC. */
export function within({ since, until }: Pick<TaskFilter, 'since' | 'until'>): RawBuilder<unknown> {
  const from = since === undefined ? sql`'-infinity'::timestamptz` : sql`${`${since}T00:00:00Z`}::timestamptz`;
  const to =
    until === undefined
      ? sql`'infinity'::timestamptz`
      : sql`${`${until}T00:00:00Z`}::timestamptz + interval '1 day' - interval '1 microsecond'`;
  return sql`between ${from} and ${to}`;
}

const hasTag = (campaign: string, tag: string) =>
  sql`exists (select from image_tag g
    where g.dataset = (select dataset from campaign where id = ${campaign}) and g.tag = ${tag} and g.image = task.image_id)`;

const drawnOf = ({ categories }: TaskFilter) => categories && sql`in (${sql.join(categories)})`;

function planOf(campaign: string, { order, ...filter }: TaskQuery): Plan {
  const { state, work, categories, uncertain, annotator } = filter;
  const left = conditionsOf(campaign, filter);
  const drawn = drawnOf(filter);
  const by = (answered: string, candidates: Plan['candidates']): Plan => {
    left.delete(answered);
    return { candidates, filters: [...left.values()] };
  };

  if (order === 'uncertain') {
    const place = sql`(coalesce(-uncertainty, 1))`;
    const sure = uncertain === undefined ? sql`` : sql`and ${place} <= ${-uncertain}`;
    return by(
      'uncertain',
      (last, most) => sql`select id, ${place} as place from task
        where campaign = ${campaign} ${sure} ${onwards(place, sql`id`, last, most)}`,
    );
  }
  const ofTask = (answered: string, narrow: RawBuilder<unknown>) =>
    by(
      answered,
      (last, most) => sql`select id, rank as place from task
        where campaign = ${campaign} ${narrow} ${onwards(sql`rank`, sql`id`, last, most)}`,
    );
  if (work === 'none') return ofTask('work', sql`and taken = 0`);
  if (work !== undefined) {
    // Each state comes in order; a task with several annotators counts once.
    return by('work', (last, most) => {
      const each = statesOf[work].map(
        (one) => sql`(select distinct rank, task from assignment
          where campaign = ${campaign} and state = ${one} ${onwards(sql`rank`, sql`task`, last, most)})`,
      );
      return sql`select task as id, rank as place from (${sql.join(each, sql` union `)}) handed
        order by rank, task limit ${most}`;
    });
  }
  if (drawn) {
    // A task with several of them counts once.
    const distinct = categories!.length > 1 ? sql`distinct` : sql``;
    return by(
      'category',
      (last, most) => sql`select ${distinct} task as id, rank as place from task_category
        where campaign = ${campaign} and category ${drawn} ${onwards(sql`rank`, sql`task`, last, most)}`,
    );
  }
  if (annotator !== undefined) {
    return by(
      'annotator',
      (last, most) => sql`select task as id, rank as place from assignment a
        where campaign = ${campaign} and user_id = ${annotator} and ${didWork} ${onwards(sql`rank`, sql`task`, last, most)}`,
    );
  }
  if (uncertain !== undefined) return ofTask('nothing', sql`and uncertainty is not null`);
  return state === undefined ? ofTask('nothing', sql``) : ofTask('state', sql`and state = ${state}`);
}

const onwards = (
  place: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
  last: Place | undefined,
  most: number,
): RawBuilder<unknown> => {
  const from = last ? sql`and (${place}, ${id}) > (${last.place}::double precision, ${last.id}::bigint)` : sql``;
  return sql`${from} order by ${place}, ${id} limit ${most}`;
};
