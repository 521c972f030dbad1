/** What the server does for a re-labelling. */
import type { RelabelActivities } from '@saltworks/contract/messages/relabel';
import { readSnapshot } from '@saltworks/store/builds/builds';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { PromoteDeps } from '../builds/promote.ts';
import { recordBuild, settleBuild } from '../builds/record.ts';
import { buildSettingsOf } from '../builds/settings.ts';
import { takeSnapshot } from '../builds/snapshot.ts';
import { notify } from '../notices/notify.ts';
import { withBeats } from '../temporal/beats.ts';
import { extractKeys } from './extract-keys.ts';
import { planBuild } from './plan-build.ts';
import { settle } from './settle.ts';

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
