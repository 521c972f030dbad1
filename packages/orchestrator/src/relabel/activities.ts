/** What the server does for a re-labelling. */
import type { Subject } from '@saltworks/contract/documents/builds';
import {
  comparison as comparisonDocument,
  type Gate,
  type GateThresholds,
} from '@saltworks/contract/documents/comparisons';
import { comparisonKey } from '@saltworks/contract/layout';
import type { AnswerOf, RequestOf } from '@saltworks/contract/messages/definitions';
import type { RelabelActivities, relabelActivities } from '@saltworks/contract/messages/relabel';
import { gateOf } from '@saltworks/core/builds/gate';
import { readSnapshot } from '@saltworks/store/builds/builds';
import { readDocument } from '@saltworks/store/objects/documents';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { shownBuild } from '../builds/current.ts';
import { type PromoteDeps, promoteBuild } from '../builds/promote.ts';
import { recordBuild, settleBuild } from '../builds/record.ts';
import { buildSettingsOf } from '../builds/settings.ts';
import { takeSnapshot } from '../builds/snapshot.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { notify } from '../notices/notify.ts';
import { withBeats } from '../temporal/beats.ts';
import { extractKeys } from './extract-keys.ts';
import { planBuild } from './plan-build.ts';

export interface RelabelDeps extends PromoteDeps {
  client: Client;
}

export function relabelActivitiesOf(deps: RelabelDeps): RelabelActivities {
  const { db, store, client } = deps;
  return {
    takeSnapshot: (request) => withBeats(({ signal }) => takeSnapshot(deps, request, { signal })),
    planBuild: ({ snapshot, settings, keep, base, by, why }) =>
      withBeats(async ({ signal }) => {
        const taken = await readSnapshot(store, snapshot, { signal });
        const made = await buildSettingsOf(deps, settings);
        const build = await planBuild(store, taken, { settings: made, keep }, { signal });
        await recordBuild(db, build, { base, by, why, state: 'making' });
        return { build: build.id, images: build.images };
      }),
    extractKeys: (request) => withBeats(({ signal }) => extractKeys(client, request, signal)),
    settleBuild: (request) => withBeats(() => settle(deps, request, runOf())),
    async failRelabel({ subject, build, by, schedule, reason }) {
      const once = runOf();
      await db.transaction().execute(async (tx) => {
        if (build !== null) await settleBuild(tx, subject, build, { state: 'failed' });
        if (reason !== null)
          await notify(tx, { event: 'build.failed', subject, build, by, schedule, why: reason, once });
      });
    },
  };
}

/** The execution that asks: the same for every attempt. */
const runOf = (): string => Context.current().info.workflowExecution?.runId ?? '';

/** A campaign's; a dataset has none. */
async function ownThresholds(db: RelabelDeps['db'], { kind, name }: Subject): Promise<Partial<GateThresholds>> {
  if (kind === 'dataset') return {};
  const { gateWorse: worse, gateChanged: changed } = await findCampaign(db, name);
  return { worse, changed };
}

type Settle = typeof relabelActivities.settleBuild;

/** Notes what the gate says, and shows the build if it may be. May be done twice: the second time changes nothing. */
async function settle(
  deps: RelabelDeps,
  { subject, build, base, by, why, schedule, promote, thresholds, failed }: RequestOf<Settle>,
  once: string,
): Promise<AnswerOf<Settle>> {
  const { db, store } = deps;
  const key = comparisonKey(subject, base, build);
  const comparison = await readDocument(store, key, comparisonDocument);
  if (!comparison) throw new ObjectMissingError(key);
  const gate: Gate = gateOf(comparison, {
    failed,
    thresholds: { ...(await ownThresholds(db, subject)), ...thresholds },
  });
  const isShown = (await shownBuild(db, subject))?.build === build;
  const promoted = isShown || (promote === 'auto' && gate.open);
  const judged = gate.open ? ('ready' as const) : ('held' as const);
  await db.transaction().execute(async (tx) => {
    await settleBuild(tx, subject, build, { state: promote === 'never' ? 'made' : judged, gate });
    if (promoted || promote === 'never') return;
    const event = gate.open ? ('build.ready' as const) : ('build.held' as const);
    await notify(tx, { event, subject, build, base, by, schedule, why, gate, once });
  });
  if (promoted && !isShown) await promoteBuild(deps, subject, build, { by, schedule });
  return { promoted, gate };
}
