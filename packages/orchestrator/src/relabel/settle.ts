/** The end of a re-labelling: what the gate says is noted, and the build is shown if it may be. */
import type { Subject } from '@saltworks/contract/documents/builds';
import {
  comparison as comparisonDocument,
  type Gate,
  type GateThresholds,
} from '@saltworks/contract/documents/comparisons';
import { comparisonKey } from '@saltworks/contract/layout';
import type { AnswerOf, RequestOf } from '@saltworks/contract/messages/definitions';
import type { relabelActivities } from '@saltworks/contract/messages/relabel';
import { gateOf } from '@saltworks/core/builds/gate';
import { readDocument } from '@saltworks/store/objects/documents';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { shownBuild } from '../builds/current.ts';
import { type PromoteDeps, promoteBuild } from '../builds/promote.ts';
import { settleBuild } from '../builds/record.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import type { Schema } from '../db/schema.ts';
import { notify } from '../notices/notify.ts';

type Settle = typeof relabelActivities.settleBuild;

/**
 * May be done twice: the second time changes nothing.
 *
 * @param once names the run in notices
 */
export async function settle(
  deps: PromoteDeps,
  { subject, build, base, by, why, schedule, promote, thresholds, failed }: RequestOf<Settle>,
  once: string,
): Promise<AnswerOf<Settle>> {
  const { db, store } = deps;
  const key = comparisonKey(subject, base, build);
  const comparison = await readDocument(store, key, comparisonDocument);
  if (!comparison) throw new ObjectMissingError(key);
  const judged = gateOf(comparison, { failed, thresholds: { ...(await ownThresholds(db, subject)), ...thresholds } });
  const shown = (await shownBuild(db, subject))?.build ?? null;
  if (shown === build) {
    await settleBuild(db, subject, build, { state: 'ready', gate: judged });
    return { promoted: true, gate: judged };
  }
  const isRejected = (await stateOf(db, subject, build)) === 'rejected';
  const gate = withReasons(judged, [
    isRejected && `a person rejected build ${build}; nothing shows it without another look`,
    !(await isDrawnOn(db, subject, { shown, base })) &&
      `${shown === null ? 'no build' : `build ${shown}`} is shown by now; this one was compared with ${base ?? 'none'}`,
  ]);
  const promoted = promote === 'auto' && gate.open;
  const ready = gate.open ? ('ready' as const) : ('held' as const);
  await db.transaction().execute(async (tx) => {
    const state = isRejected ? ('rejected' as const) : promote === 'never' ? ('made' as const) : ready;
    await settleBuild(tx, subject, build, { state, gate });
    if (promoted || promote === 'never' || isRejected) return;
    const event = gate.open ? ('build.ready' as const) : ('build.held' as const);
    await notify(tx, { event, subject, build, base, by, schedule, why, gate, once });
  });
  if (promoted) await promoteBuild(deps, subject, build, { by, schedule, from: shown });
  return { promoted, gate };
}

/** A campaign's; a dataset has none. */
async function ownThresholds(db: Kysely<Schema>, { kind, name }: Subject): Promise<Partial<GateThresholds>> {
  if (kind === 'dataset') return {};
  const { gateWorse: worse, gateChanged: changed } = await findCampaign(db, name);
  return { worse, changed };
}

const withReasons = ({ reasons, thresholds }: Gate, more: readonly (string | false)[]): Gate => {
  const all = [...reasons, ...more.filter((reason) => typeof reason === 'string')];
  return { open: all.length === 0, reasons: all, thresholds };
};

const recordOf = (db: Kysely<Schema>, { kind, name }: Subject, id: string) =>
  db
    .selectFrom('build')
    .select(['state', 'why', 'base'])
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('id', '=', id)
    .executeTakeFirst();

const stateOf = async (db: Kysely<Schema>, subject: Subject, id: string) => (await recordOf(db, subject, id))?.state;

/** Whether what is shown is the base, or differs from it in newer strokes alone. */
async function isDrawnOn(
  db: Kysely<Schema>,
  subject: Subject,
  { shown, base }: { shown: string | null; base: string | null },
): Promise<boolean> {
  const seen = new Set<string>();
  for (let at = shown; at !== base; ) {
    if (at === null || seen.has(at)) return false;
    seen.add(at);
    const found = await recordOf(db, subject, at);
    if (found?.why !== 'drawn') return false;
    at = found.base;
  }
  return true;
}
