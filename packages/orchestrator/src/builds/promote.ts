/** Shows a build, or the one before again: a row in a log, and for a campaign the settings that annotators draw with. */
import type { Build, Subject } from '@saltworks/contract/documents/builds';
import { keysId } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely, Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { pinOpen } from '../campaigns/assignments/pins.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { notify } from '../notices/notify.ts';
import { buildBefore, type Promotion, shownBuild } from './current.ts';
import { keepMasks } from './keep-masks.ts';
import { lockSubject } from './lock-subject.ts';
import { columnsFor, type RecipeOf, type SettingsColumns } from './settings.ts';

export interface PromoteDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  recipeOf: RecipeOf;
}

interface Promoting {
  /** Account; null for the program itself. */
  by: string | null;
  /** The build that the caller believes to be shown: refused if another one is. */
  from?: string | null;
  /** The schedule that started it. */
  schedule?: string;
  /** The build shows what was shown, with newer strokes: a rollback goes back to before both. */
  folded?: boolean;
}

/**
 * Shows a build. Strokes are never touched.
 *
 * @returns whether anything changed: the build may be shown already
 * @throws ConflictError if its masks are not made yet, or another build is shown than the caller believes
 */
export async function promoteBuild(
  deps: PromoteDeps,
  subject: Subject,
  id: string,
  { by, from, schedule, folded = false }: Promoting,
): Promise<boolean> {
  const build = await readBuild(deps.store, subject, id);
  await keepMasks(deps.db, deps.store, build);
  const columns = await columnsOf(deps, build);
  return deps.db.transaction().execute(async (tx) => {
    await lockSubject(tx, subject);
    const current = await shownBuild(tx, subject);
    if (current?.build === id) return false;
    expectShown(current, from);
    const parent = (folded ? current?.parent : current?.n) ?? null;
    await show(tx, { event: 'build.shown', build, columns, current, parent, by, schedule, folded });
    const detail = { kind: subject.kind, build: id, from: current?.build ?? null };
    await audit(tx, { actor: by, action: 'build.promote', object: subject.name, detail });
    return true;
  });
}

/**
 * Shows the build again that was shown before the current one: one step, nothing is computed.
 *
 * @returns its id
 * @throws ConflictError if there is none, or another build is shown than the caller believes
 */
export async function rollBack(
  deps: PromoteDeps,
  subject: Subject,
  { by, from }: Pick<Promoting, 'by' | 'from'>,
): Promise<string> {
  const { current, before } = await expectBefore(deps.db, subject);
  expectShown(current, from);
  const build = await readBuild(deps.store, subject, before.build);
  const columns = await columnsOf(deps, build);
  await deps.db.transaction().execute(async (tx) => {
    await lockSubject(tx, subject);
    const now = await shownBuild(tx, subject);
    expectShown(now, current.build);
    await show(tx, { event: 'build.rolled_back', build, columns, current: now, parent: before.parent, by });
    const detail = { kind: subject.kind, build: before.build, from: current.build };
    await audit(tx, { actor: by, action: 'build.rollback', object: subject.name, detail });
  });
  return before.build;
}

async function expectBefore(db: Kysely<Schema>, subject: Subject): Promise<{ current: Promotion; before: Promotion }> {
  const current = await shownBuild(db, subject);
  const of = `${subject.kind} ${subject.name}`;
  if (!current) throw new ConflictError(`no build of ${of} is shown; expected one to go back from`);
  const before = await buildBefore(db, subject, current);
  if (before) return { current, before };
  throw new ConflictError(
    `build ${current.build} is the first that ${of} showed; expected one before it to go back to`,
  );
}

function expectShown(current: Promotion | undefined, from: string | null | undefined): void {
  const shown = current?.build ?? null;
  if (from === undefined || from === shown) return;
  throw new ConflictError(`${shown ?? 'no build'} is shown by now; expected ${from ?? 'none'}`, { shown });
}

/** The campaign's settings that go with a build. */
async function columnsOf({ db, recipeOf }: PromoteDeps, { subject, settings }: Build) {
  if (subject.kind === 'dataset' || settings.length === 0) return undefined;
  return columnsFor(recipeOf, await findCampaign(db, subject.name), settings[0]);
}

interface Showing {
  build: Build;
  /** The campaign's settings that go with it. */
  columns: SettingsColumns | undefined;
  current: Promotion | undefined;
  parent: number | null;
  by: string | null;
  event: 'build.shown' | 'build.rolled_back';
  schedule?: string;
  folded?: boolean;
}

async function show(
  tx: Transaction<Schema>,
  { build, columns, current, parent, by, event, schedule, folded = false }: Showing,
): Promise<void> {
  const { id, settings } = build;
  const { kind, name } = build.subject;
  const n = (current?.n ?? 0) + 1;
  const { at } = await tx
    .insertInto('promotion')
    .values({ kind, name, n, build: id, parent, user_id: by })
    .returning('at')
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('build')
    .set({ state: 'shown' })
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('id', '=', id)
    .execute();
  if (folded) return;
  const base = current?.build ?? null;
  await notify(tx, { event, subject: build.subject, build: id, base, by, schedule, once: String(n) });
  if (kind === 'dataset') return;
  const [{ extract }] = settings;
  await pinOpen(tx, name, {
    from: current ? { id: current.build, since: current.at.toISOString() } : null,
    to: { build: id, keys: keysId(extract.backbone, extract), at: at.toISOString() },
  });
  if (columns) {
    await tx
      .updateTable('campaign')
      .set({ ...columns, updated: new Date() })
      .where('id', '=', name)
      .execute();
  }
}
