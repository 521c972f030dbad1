/** The build that is shown, exported; older exports of the schedule are removed. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import { buildRecipe } from '@saltworks/contract/layout';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { removeExport } from '@saltworks/store/datasets/exports';
import { expectStorage } from '@saltworks/store/storage/level';
import { subjectOf } from '../../api/subject.ts';
import { takeSnapshot } from '../../builds/snapshot.ts';
import { listExports } from '../../datasets/exports.ts';
import { madeOf } from '../../db/json.ts';
import { exportDataset, runWindow } from '../../runs/start.ts';
import { orAborted } from '../../temporal/beats.ts';
import { throughOutages } from '../../temporal/outage.ts';
import type { Doing, WorkDeps } from './doing.ts';

export async function doExport(
  deps: WorkDeps,
  { subject: text, format, keep }: Extract<ScheduleWork, { kind: 'export' }>,
  { schedule, signal, isCancelled, made: before, note }: Doing,
): Promise<FiringEnd> {
  const subject = subjectOf(text);
  await expectStorage(deps.store);
  const { shown: build, dataset } = await takeSnapshot(deps, { subject, by: null }, { signal });
  if (build === null) return { outcome: 'skipped', reason: `${text} has no masks yet`, made: {} };
  const last = await lastExports(deps, schedule);
  const there = new Set((await listExports(deps.store, dataset)).map((each) => each.id));
  const input = { dataset, recipe: buildRecipe(subject, build), format, window: runWindow };
  const run = await throughOutages(() => exportDataset(deps.client, input));
  const { id, images, failed } = await orAborted(run.result(), signal).catch(async (error) => {
    if (isCancelled()) await run.cancel();
    throw error;
  });
  const isNew = before.export === id || !there.has(id);
  const made = { build, images, ...(failed > 0 ? { failed } : {}) };
  // An export that somebody made by hand is nobody else's to remove.
  if (!isNew && !last.includes(id)) {
    return { outcome: 'skipped', reason: `build ${build} is exported already: ${id}`, made };
  }
  await note({ made: { ...made, export: id } });
  const kept = [id, ...last.filter((each) => each !== id)];
  const removed = keep === undefined ? [] : kept.slice(keep);
  for (const each of removed) await removeExport(deps.store, dataset, each, { signal });
  if (last[0] === id) return { outcome: 'skipped', reason: `build ${build} is exported already: ${id}`, made };
  return { outcome: 'done', reason: null, made: { ...made, export: id, ...(removed.length > 0 ? { removed } : {}) } };
}

/** Exports that a schedule made and did not remove, the newest first. */
async function lastExports({ db }: WorkDeps, schedule: string): Promise<string[]> {
  const rows = await db
    .selectFrom('firing')
    .select('made')
    .where('schedule', '=', schedule)
    .where('outcome', '=', 'done')
    .orderBy('n', 'desc')
    .execute();
  const made = rows.map((row) => madeOf(row.made));
  const gone = new Set<string>();
  const there: string[] = [];
  for (const { export: id, removed = [] } of made) {
    // Later firings come first: what they removed, an earlier one made.
    if (id !== undefined && !gone.has(id) && !there.includes(id)) there.push(id);
    for (const each of removed) gone.add(each);
  }
  return there;
}
