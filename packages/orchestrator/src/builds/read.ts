/** Builds as the API tells of them. */
import type { BuildInfo } from '@saltworks/contract/api/builds';
import type { Page } from '@saltworks/contract/api/fields';
import type { Subject } from '@saltworks/contract/documents/builds';
import { buildRecipe } from '@saltworks/contract/layout';
import * as z from '@saltworks/contract/zod';
import { type Kysely, sql } from 'kysely';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { builtWithOf, gateOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import { shownBuild } from './current.ts';

const rowsOf = (db: Kysely<Schema>, { kind, name }: Subject) =>
  db
    .selectFrom('build')
    .leftJoin('user', 'user.id', 'build.user_id')
    .selectAll('build')
    .select('user.name as author')
    .select((eb) =>
      eb
        .selectFrom('promotion')
        .select((promotion) => promotion.fn.max('promotion.at').as('at'))
        .whereRef('promotion.kind', '=', 'build.kind')
        .whereRef('promotion.name', '=', 'build.name')
        .whereRef('promotion.build', '=', 'build.id')
        .as('last_shown'),
    )
    .where('build.kind', '=', kind)
    .where('build.name', '=', name);

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['executeTakeFirstOrThrow']>>;

function infoOf(row: Row, current: string | undefined): BuildInfo {
  const { id, kind, name, dataset, state, base, why, author, made, last_shown, images, kept } = row;
  const subject = { kind, name };
  return {
    ...{ id, subject, dataset, recipe: buildRecipe(subject, id), state, current: id === current, base, why },
    by: author,
    made: made.toISOString(),
    shown: last_shown?.toISOString() ?? null,
    ...{ images, kept, settings: builtWithOf(row.settings)[0] ?? null },
    gate: row.gate === null ? null : gateOf(row.gate),
  };
}

/** @throws NotFoundError */
export async function findBuild(db: Kysely<Schema>, subject: Subject, id: string): Promise<BuildInfo> {
  const row = await rowsOf(db, subject).where('build.id', '=', id).executeTakeFirst();
  if (row) return infoOf(row, (await shownBuild(db, subject))?.build);
  const ls = `saltworks build ls ${subject.name}`;
  throw new NotFoundError(`no build ${id} of ${subject.kind} ${subject.name}; expected one of ${ls}`);
}

/** A place in the list: when a build was made, milliseconds since 1970, and its id. */
const place = z.tuple([z.int(), z.string()]);

/** The newest first. @param after `next` of the last part */
export async function listBuilds(
  db: Kysely<Schema>,
  subject: Subject,
  { after, limit }: { after?: string; limit: number },
): Promise<Page<BuildInfo>> {
  // Times are told in milliseconds, and kept in microseconds.
  const made = sql<Date>`date_trunc('milliseconds', build.made)`;
  let query = rowsOf(db, subject)
    .orderBy(made, 'desc')
    .orderBy('build.id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) {
    const [time, id] = decodeCursor(place, after);
    query = query.where(sql<boolean>`(${made}, build.id) < (${new Date(time)}::timestamptz, ${id})`);
  }
  const rows = await query.execute();
  const current = (await shownBuild(db, subject))?.build;
  const items = rows.slice(0, limit).map((row) => infoOf(row, current));
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items, next: last ? encodeCursor([last.made.getTime(), last.id]) : null };
}

/** Keys that builds which are shown draw on. @returns ids, each with one such build */
export async function keysShown(
  db: Kysely<Schema>,
  dataset: string,
): Promise<Map<string, Subject & { build: string }>> {
  const rows = await db
    .selectFrom('build')
    .select(['kind', 'name', 'id', 'settings'])
    .where('dataset', '=', dataset)
    .where((eb) =>
      eb(
        'id',
        '=',
        eb
          .selectFrom('promotion')
          .select('promotion.build')
          .whereRef('promotion.kind', '=', 'build.kind')
          .whereRef('promotion.name', '=', 'build.name')
          .orderBy('n', 'desc')
          .limit(1),
      ),
    )
    .execute();
  return new Map(
    rows.flatMap(({ kind, name, id, settings }) =>
      builtWithOf(settings).map(({ keys }) => [keys, { kind, name, build: id }] as const),
    ),
  );
}
