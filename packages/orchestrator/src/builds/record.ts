/** What the database notes of a build: when, why and by whom it was made, and what became of it. */
import type { BuildState, BuiltWith } from '@saltworks/contract/api/builds';
import type { Build, BuildSettings, Subject } from '@saltworks/contract/documents/builds';
import type { Gate } from '@saltworks/contract/documents/comparisons';
import { keysId } from '@saltworks/contract/layout';
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { shownBuild } from './current.ts';

export interface NewBuild {
  /** The build that is shown while this one is planned. */
  base: string | null;
  /** In words: drawn, re-labelled … */
  why: string;
  /** Account; null for the program itself. */
  by: string | null;
  state: BuildState;
}

/**
 * Notes a build. One that is known, and was made again, keeps its time; while it is shown, nothing of it changes. One that a
 * person rejected stays so unless a person asks for it again.
 */
export async function recordBuild(db: Kysely<Schema>, build: Build, { base, why, by, state }: NewBuild): Promise<void> {
  const { subject, id, dataset, images, settings } = build;
  const news = { base, why, user_id: by, state, gate: null };
  const stateThen =
    by === null ? sql<BuildState>`case when build.state = 'rejected' then build.state else ${state} end` : state;
  const shown = await shownBuild(db, subject);
  await db
    .insertInto('build')
    .values({
      ...{ kind: subject.kind, name: subject.name, id, dataset, images, kept: build.kept },
      ...{ ...news, settings: JSON.stringify(settings.map(builtWith)) },
    })
    .onConflict((conflict) =>
      shown?.build === id
        ? conflict.doNothing()
        : conflict.columns(['kind', 'name', 'id']).doUpdateSet({ ...news, state: stateThen }),
    )
    .execute();
}

function builtWith({ extract, keys, preset, code }: BuildSettings): BuiltWith {
  const { backbone, layer, facet } = extract;
  return {
    keys: keysId(backbone, extract),
    ...{ backbone, layer: layer ?? keys?.layer ?? null, facet, preset, code },
  };
}

/** Notes what became of a build that is made: whether it may be shown, and what the gate said. */
export async function settleBuild(
  db: Kysely<Schema>,
  { kind, name }: Subject,
  id: string,
  { state, gate = null }: { state: Exclude<BuildState, 'shown'>; gate?: Gate | null },
): Promise<void> {
  await db
    .updateTable('build')
    .set({ gate: gate && JSON.stringify(gate) })
    // What is shown, or was, stays so.
    .set({ state: sql`case when state = 'shown' then state else ${state} end` })
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('id', '=', id)
    .execute();
}

/**
 * A person takes none of a build.
 *
 * @throws NotFoundError, ConflictError if it is shown
 */
export async function rejectBuild(db: Kysely<Schema>, subject: Subject, id: string, by: string): Promise<void> {
  const { kind, name } = subject;
  await db.transaction().execute(async (tx) => {
    if ((await shownBuild(tx, subject))?.build === id) {
      throw new ConflictError(`build ${id} is shown; expected one that is not (saltworks build rollback ${name})`);
    }
    const { numUpdatedRows } = await tx
      .updateTable('build')
      .set({ state: 'rejected' })
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('id', '=', id)
      .executeTakeFirst();
    if (!numUpdatedRows) throw new NotFoundError(`no build ${id} of ${kind} ${name}`);
    await audit(tx, { actor: by, action: 'build.reject', object: name, detail: { kind, build: id } });
  });
}
