/** Routes of searches by example. */
import { getDatasetSearch, postDatasetSearch } from '@saltworks/contract/api/searches';
import { expectStorage } from '@saltworks/store/storage/level';
import { auditAlone } from '../accounts/audit.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { describeSearch, startSearch } from '../searches/searches.ts';
import { route } from './routes.ts';

export const searchRoutes = [
  route(postDatasetSearch, {
    summary: 'Looks for the images in which something is like a segment or a stroke, or joins the run that does',
    access: { dataset: 'reviewer' },
    errors: [409],
    bodyLimit: 512 * 1024,
    async handler({ deps, params, body, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      await expectStorage(deps.store);
      const { id, run } = await startSearch(deps, name, body, user);
      await auditAlone(deps.db, { actor: user.id, action: 'dataset.search', object: name, detail: { id: run } });
      return describeSearch(deps, name, id);
    },
  }),
  route(getDatasetSearch, {
    summary: 'A search by example: its run, and once that is done the places that were found',
    access: { dataset: 'reviewer' },
    async handler({ deps, params }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      return describeSearch(deps, name, params.search);
    },
  }),
];
