/** Routes of exports: made of a dataset's masks or a campaign's, and downloaded. */
import {
  getDatasetExports,
  getDatasetExportZip,
  postCampaignExports,
  postDatasetExports,
} from '@saltworks/contract/api/exports';
import { expectStorage } from '@saltworks/store/storage/level';
import { auditAlone } from '../accounts/audit.ts';
import { publishShown } from '../builds/publish-shown.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { exportOf, listExports, zipExport } from '../datasets/exports.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { ConflictError } from '../errors.ts';
import { selectionAt } from '../filters/find.ts';
import { exportDataset, runWindow } from '../runs/start.ts';
import { expectSeen, maySee } from './access.ts';
import { seen } from './dataset-routes.ts';
import { route } from './routes.ts';

export const exportRoutes = [
  route(postCampaignExports, {
    summary: "Exports a campaign's masks as they are now",
    access: { campaign: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      await expectDatasetInUse(deps.store, campaign.dataset);
      await expectStorage(deps.store);
      const { accepted, ...wanted } = body;
      // Refuses an unknown one before masks are published.
      if (body.selection) await selectionAt(deps.store, campaign.dataset, body.selection);
      const { recipe, images, build } = await publishShown(deps, campaign, {
        accepted,
        schema: body.schema,
        by: user.id,
      });
      if (images === 0) {
        const what = accepted ? 'no mask was accepted yet' : 'nothing was handed in yet';
        throw new ConflictError(`${what}; expected one mask or more`);
      }
      const { id: object, dataset } = campaign;
      const begun = await exportDataset(deps.client, { dataset, recipe, ...wanted, window: runWindow });
      const detail = { images, ...(build !== null && { build }), ...body };
      await auditAlone(deps.db, { actor: user.id, action: 'campaign.export', object, detail });
      return deps.runs.started(begun);
    },
  }),
  route(postDatasetExports, {
    summary: 'Exports one set of masks of a dataset',
    access: { dataset: 'manager' },
    async handler({ deps, params, body, user }) {
      const { name: dataset } = await datasetOf(deps.store, params.dataset);
      await expectSeen(deps.db, user, body.recipe);
      await expectStorage(deps.store);
      if (body.selection) await selectionAt(deps.store, dataset, body.selection);
      const begun = await exportDataset(deps.client, { dataset, ...body, window: runWindow });
      await auditAlone(deps.db, { actor: user.id, action: 'dataset.export', object: dataset, detail: body });
      return deps.runs.started(begun);
    },
  }),
  route(getDatasetExports, {
    summary: 'Exports that can be downloaded, the newest first',
    access: { dataset: 'manager' },
    async handler({ deps, params, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      return seen(await listExports(deps.store, name), ({ recipe }) => maySee(deps.db, user, recipe));
    },
  }),
  route(getDatasetExportZip, {
    summary: 'An export as a ZIP file',
    access: { dataset: 'manager' },
    async handler({ deps, params, user, reply }) {
      const info = await exportOf(deps.store, params.dataset, params.export);
      await expectSeen(deps.db, user, info.recipe);
      const zip = zipExport(deps.store, params.dataset, info);
      reply.headers({
        'content-type': 'application/zip',
        // Names of datasets and ids hold only letters that headers and file systems take.
        'content-disposition': `attachment; filename="${params.dataset}-${params.export}.zip"`,
        'x-content-type-options': 'nosniff',
      });
      return reply.send(zip);
    },
  }),
];
