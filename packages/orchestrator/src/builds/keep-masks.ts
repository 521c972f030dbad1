/** The masks of a campaign's build in the database, by task, so that lists of tasks find them. */
import type { Build, BuildImage } from '@saltworks/contract/documents/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { readBuildReport } from '@saltworks/store/builds/reports';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { drawnOf } from '../campaigns/tasks/chosen-mask.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';

/** Rows of one statement. */
const atOnce = 1_000;

/**
 * Adds the rows that are missing. Rows never change, and count only while the build is current, so this may break off and be
 * done again.
 *
 * Rows stay when another build is shown: a rollback goes back to any former one at once, people open its masks by them, and
 * backups hold the masks that they name. There is one for each image of each build that was ever shown, and none of the builds
 * that were made only: they grow as the masks in the store do, which stay, too.
 *
 * @throws ConflictError if the masks are not made yet
 */
export async function keepMasks(db: Kysely<Schema>, store: ObjectStore, build: Build): Promise<void> {
  const { subject, id } = build;
  for (const [shard, sha256] of build.lines.entries()) {
    if (sha256 === null) continue;
    const report = await readBuildReport(store, build, shard);
    if (!report)
      throw new ConflictError(
        `masks of build ${id} are not made yet; expected all (saltworks build ls ${subject.name})`,
      );
    if (subject.kind === 'dataset') continue;
    const made = new Set(report.masks.map(({ mask }) => mask));
    const lines = (await readBuildLines(store, sha256)).filter(({ mask }) => made.has(mask));
    for (let from = 0; from < lines.length; from += atOnce) {
      await addRows(db, subject.name, id, lines.slice(from, from + atOnce));
    }
  }
}

async function addRows(db: Kysely<Schema>, campaign: string, build: string, lines: BuildImage[]): Promise<void> {
  const drawn = new Map(
    lines.map((line) => [line.sha256, { ...line, drawn: drawnOf(line.drawings, line.consensus === true) }]),
  );
  const tasks = await db
    .selectFrom('task')
    .select(['id', 'sha256'])
    .where('campaign', '=', campaign)
    .where('sha256', 'in', [...drawn.keys()])
    .execute();
  const rows = tasks.flatMap(({ id, sha256 }) => {
    const line = drawn.get(sha256);
    return line?.drawn === undefined ? [] : [{ task: id, build, mask: line.mask, drawn: line.drawn }];
  });
  if (rows.length === 0) return;
  await db
    .insertInto('build_mask')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
