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

/** Why the keys of a build stay: it is shown, a rollback would show it, or it may be shown. */
export type Wanted = Subject & { build: string; why: 'is shown' | 'is what a rollback shows' | 'waits to be shown' };

/** Builds that somebody sees, or may see without a further computation. @returns by the ids of their keys, one build each */
export async function keysWanted(db: Kysely<Schema>, dataset: string): Promise<Map<string, Wanted>> {
  const last = db
    .selectFrom('promotion')
    .select((eb) => ['kind', 'name', eb.fn.max('n').as('n')])
    .groupBy(['kind', 'name']);
  const rows = await db
    .with('last', () => last)
    .with('now', (cte) =>
      cte
        .selectFrom('promotion')
        .innerJoin('last', (join) =>
          join
            .onRef('last.kind', '=', 'promotion.kind')
            .onRef('last.name', '=', 'promotion.name')
            .onRef('last.n', '=', 'promotion.n'),
        )
        .leftJoin('promotion as before', (join) =>
          join
            .onRef('before.kind', '=', 'promotion.kind')
            .onRef('before.name', '=', 'promotion.name')
            .onRef('before.n', '=', 'promotion.parent'),
        )
        .select(['promotion.kind', 'promotion.name', 'promotion.build', 'before.build as before']),
    )
    .selectFrom('build')
    .leftJoin('now', (join) => join.onRef('now.kind', '=', 'build.kind').onRef('now.name', '=', 'build.name'))
    .select([
      'build.kind',
      'build.name',
      'build.id',
      'build.settings',
      'build.state',
      'now.build as shown',
      'now.before',
    ])
    .where('build.dataset', '=', dataset)
    .where((eb) =>
      eb.or([
        eb('build.id', '=', eb.ref('now.build')),
        eb('build.id', '=', eb.ref('now.before')),
        eb('build.state', 'in', ['making', 'made', 'ready', 'held']),
      ]),
    )
    .execute();
  const wanted = new Map<string, Wanted>();
  for (const { kind, name, id, settings, shown, before } of rows) {
    const why = id === shown ? 'is shown' : id === before ? 'is what a rollback shows' : 'waits to be shown';
    for (const { keys } of builtWithOf(settings)) {
      if (why === 'is shown' || !wanted.has(keys)) wanted.set(keys, { kind, name, build: id, why });
    }
  }
  return wanted;
}
