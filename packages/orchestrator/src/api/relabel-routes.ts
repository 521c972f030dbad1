/** Routes of builds that are made: re-labelled, made again. */
import { getBuildRebuilt, postBuildRebuild, postBuildRelabel } from '@saltworks/contract/api/builds';
import { rebuildReport } from '@saltworks/contract/documents/builds';
import { rebuildReportKey } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import { readDocument } from '@saltworks/store/objects/documents';
import { auditAlone } from '../accounts/audit.ts';
import { findBuild } from '../builds/read.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { startRelabel } from '../relabel/start.ts';
import { rebuildBuild, runWindow } from '../runs/start.ts';
import { route } from './routes.ts';
import { subjectOf } from './subject.ts';

export const relabelRoutes = [
  route(postBuildRelabel, {
    summary: 'Makes all masks anew, or joins the run that does so already',
    access: { subject: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const subject = subjectOf(params.subject);
      const begun = await startRelabel(deps, subject, body, { by: user.id });
      const detail = { kind: subject.kind, id: begun.id };
      await auditAlone(deps.db, { actor: user.id, action: 'build.relabel', object: subject.name, detail });
      return deps.runs.started(begun);
    },
  }),
  route(postBuildRebuild, {
    summary: 'Makes every mask of a build again and compares byte for byte, or joins the run that does so already',
    access: { subject: 'manager' },
    async handler({ deps, params, user }) {
      const subject = subjectOf(params.subject);
      const { id: build, dataset } = await findBuild(deps.db, subject, params.build);
      await expectDatasetInUse(deps.store, dataset);
      const begun = await rebuildBuild(deps.client, { dataset, subject, build, window: runWindow });
      const detail = { kind: subject.kind, build };
      await auditAlone(deps.db, { actor: user.id, action: 'build.rebuild', object: subject.name, detail });
      return deps.runs.started(begun);
    },
  }),
  route(getBuildRebuilt, {
    summary: 'Masks that came out otherwise in the last rebuild of a build; a part may be short before the last',
    access: { subject: 'reviewer' },
    async handler({ deps: { db, store }, params, query: { after, limit } }) {
      const subject = subjectOf(params.subject);
      const { id } = await findBuild(db, subject, params.build);
      const { lines } = await readBuild(store, subject, id);
      // A place in the list is a shard: a part holds all that differ in some shards.
      const items = [];
      let shard = after ?? 0;
      for (; shard < lines.length && items.length < limit; shard++) {
        const report = await readDocument(store, rebuildReportKey(subject, id, shard), rebuildReport);
        items.push(...(report?.differing ?? []));
      }
      return { items, next: shard < lines.length ? String(shard) : null };
    },
  }),
];
