/** Routes of datasets: the list, the archive and deletion, images through a mask set, failures and runs. */
import {
  deleteDataset,
  deleteDatasetArchive,
  getDatasetRemoved,
  getDatasets,
  postDatasetArchive,
  postDatasetRemoved,
  postDatasetRemovedBack,
  postDatasetRestore,
} from '@saltworks/contract/api/datasets';
import { deleteDatasetKeyset, getDatasetKeysets } from '@saltworks/contract/api/keys';
import {
  getDataset,
  getDatasetFailures,
  getDatasetImageMask,
  getDatasetImages,
  getDatasetImagesCount,
  getDatasetImageThumbnail,
  getDatasetImageView,
} from '@saltworks/contract/api/mask-sets';
import {
  type DatasetRun,
  getDatasetRun,
  getDatasetRuns,
  postDatasetFailuresRetry,
  postDatasetRuns,
  postDatasetRunsControl,
} from '@saltworks/contract/api/runs';
import { buildRecipe, maskKey } from '@saltworks/contract/layout';
import { expectStorage } from '@saltworks/store/storage/level';
import { auditAlone } from '../accounts/audit.ts';
import { datasetOf, datasetsOf, describeDataset, listInfos } from '../datasets/datasets.ts';
import { listFailures } from '../datasets/failures.ts';
import { countImages, listImages, readReport } from '../datasets/images.ts';
import { describeKeys, removeKeySet } from '../datasets/keys.ts';
import { putBackIntoDataset, removedFromDataset, removeFromDataset } from '../datasets/removed.ts';
import { archiveDataset, dropDataset, restoreDataset, unarchiveDataset } from '../datasets/shelf.ts';
import { NotFoundError } from '../errors.ts';
import { expectImages, findImages } from '../filters/find.ts';
import { campaignsOver } from '../filters/work.ts';
import { settingsOfKeys, settleKeys } from '../runs/settle.ts';
import { extractDataset, propagateDataset, runWindow } from '../runs/start.ts';
import { expectSeen, maySee } from './access.ts';
import { sendObject } from './objects.ts';
import { route } from './routes.ts';
import { subjectOf } from './subject.ts';
import { sendCopy } from './views.ts';

/** The items of a list that the caller may see. */
export async function seen<T>(list: readonly T[], may: (each: T) => Promise<boolean>): Promise<T[]> {
  const allowed = await Promise.all(list.map(may));
  return list.filter((_, i) => allowed[i]);
}

/** The recipe of the masks that a run makes or reads: whoever may see them may see the run. */
function masksOf({ kind, of }: DatasetRun): string {
  // An export names its format first, then its masks.
  if (kind === 'export') return of.slice(of.indexOf('/') + 1);
  if (kind === 'extract' || kind === 'propagate') return of;
  return buildRecipe(subjectOf(of.split('/')[0]), '0');
}

export const datasetRoutes = [
  route(getDatasets, {
    summary: 'Datasets of campaigns that I review or manage; all, for administrators, and those that were deleted',
    access: 'user',
    async handler({ deps, query: { show }, user }) {
      if (user.role === 'admin') return listInfos(deps.store, show);
      if (show === 'deleted') return [];
      return listInfos(deps.store, show, await datasetsOf(deps.db, user.id, ['reviewer', 'manager']));
    },
  }),
  route(postDatasetArchive, {
    summary: 'Puts a dataset into the archive: it is read and no more changed, no run goes over it, lists leave it out',
    access: 'admin',
    archive: true,
    handler: ({ deps, params, user }) => archiveDataset(deps, params.dataset, user.id),
  }),
  route(deleteDatasetArchive, {
    summary: 'Takes a dataset out of the archive',
    access: 'admin',
    archive: true,
    handler: ({ deps, params, user }) => unarchiveDataset(deps, params.dataset, user.id),
  }),
  route(deleteDataset, {
    summary: 'Deletes a dataset that no campaign uses; it may be restored for a while, unless it goes at once',
    access: 'admin',
    archive: true,
    async handler({ deps, params, query, user }) {
      const graceDays = query.now === 'true' ? 0 : deps.graceDays;
      return { goes: await dropDataset({ ...deps, graceDays }, params.dataset, user.id) };
    },
  }),
  route(postDatasetRestore, {
    summary: 'Brings a dataset back that was deleted, until its grace period ends',
    access: 'admin',
    archive: true,
    handler: ({ deps, params, user }) => restoreDataset(deps, params.dataset, user.id),
  }),
  route(getDatasetRemoved, {
    summary: 'Images that were taken out of a dataset, by their numbers',
    access: 'admin',
    handler: ({ deps, params, query }) => removedFromDataset(deps, params.dataset, query),
  }),
  route(postDatasetRemoved, {
    summary: 'Takes images out of a dataset that nobody works on; they can be put back until their grace period ends',
    access: 'admin',
    errors: [409],
    async handler({ deps, params, body, user }) {
      const subject = { kind: 'dataset', name: params.dataset } as const;
      const images =
        'images' in body
          ? await expectImages(deps, subject, body.images)
          : await findImages(deps, subject, { asked: body.filter, user });
      return removeFromDataset(deps, params.dataset, { images, actor: user.id });
    },
  }),
  route(postDatasetRemovedBack, {
    summary: 'Puts images back that were taken out; of those that are gone, the files may be imported again',
    access: 'admin',
    errors: [409],
    handler: ({ deps, params, body, user }) =>
      putBackIntoDataset(deps, params.dataset, { images: body.images, actor: user.id }),
  }),
  route(getDataset, {
    summary: 'A dataset: keys, sets of masks and campaigns over it',
    access: { dataset: 'reviewer' },
    handler: ({ deps: { db, store }, params, user }) =>
      describeDataset(db, store, params.dataset, {
        user: user.role === 'admin' ? undefined : user.id,
        may: (recipe) => maySee(db, user, recipe),
      }),
  }),
  route(getDatasetKeysets, {
    summary: 'Sets of keys: what they were made with, how many images have them, and the campaigns that draw on them',
    access: { dataset: 'reviewer' },
    async handler({ deps: { db, store }, params, user }) {
      const dataset = await datasetOf(store, params.dataset);
      return describeKeys(db, store, dataset, user.role === 'admin' ? undefined : user.id);
    },
  }),
  route(deleteDatasetKeyset, {
    summary: 'Removes a set of keys, part by part, unless a campaign that is not closed or a run draws on it',
    access: 'admin',
    errors: [409],
    async handler({ deps, params, query, user }) {
      const dataset = await datasetOf(deps.store, params.dataset);
      const { keys } = params;
      const done = await removeKeySet(deps, dataset, { keys, from: query.from });
      const entry = { actor: user.id, action: 'dataset.keys.remove', object: dataset.name, detail: { keys } };
      if (query.from === 0) await auditAlone(deps.db, entry);
      return done;
    },
  }),
  route(getDatasetImages, {
    summary: 'Images by their numbers, through one set of masks; a part may be short before the last',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, query, user }) {
      await expectSeen(deps.db, user, query.recipe);
      const dataset = await datasetOf(deps.store, params.dataset);
      return listImages(deps, dataset, query, await campaignsOver(deps.db, user, dataset.name));
    },
  }),
  route(getDatasetImagesCount, {
    summary: 'How many images fit, of one part of them; the parts add up',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, query, user }) {
      await expectSeen(deps.db, user, query.recipe);
      const dataset = await datasetOf(deps.store, params.dataset);
      return countImages(deps, dataset, query, await campaignsOver(deps.db, user, dataset.name));
    },
  }),
  route(getDatasetImageThumbnail, {
    summary: 'An image as WebP, 256 pixels at its longer side',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, request, reply }) {
      const { image } = await deps.shards.image(params.dataset, Number(params.image));
      return sendCopy('thumbnail', deps, request, reply, image);
    },
  }),
  route(getDatasetImageView, {
    summary: 'An image as WebP: upright, lossless, nothing but pixels',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, request, reply }) {
      const { image } = await deps.shards.image(params.dataset, Number(params.image));
      return sendCopy('view', deps, request, reply, image);
    },
  }),
  route(getDatasetImageMask, {
    summary: "An image's mask of one set: COCO panoptic PNG (spec/mask.md)",
    access: { dataset: 'reviewer' },
    async handler({ deps, params, query, user, request, reply }) {
      await expectSeen(deps.db, user, query.recipe);
      const { image, shard } = await deps.shards.image(params.dataset, Number(params.image));
      const report = await readReport(deps.store, params.dataset, query.recipe, shard);
      const found = report?.masks.find(({ sha256 }) => sha256 === image.sha256);
      if (!found) throw new NotFoundError('no such mask');
      return sendObject(request, reply, deps.store, maskKey(found.mask, '.png'), { changes: true });
    },
  }),
  route(getDatasetFailures, {
    summary: 'Images that runs could not use, and why; a part may be short before the last',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, query }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      return listFailures(deps.store, name, query);
    },
  }),
  route(getDatasetRuns, {
    summary: 'The latest runs over a dataset',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      return seen(await deps.runs.list(name), (run) => maySee(deps.db, user, masksOf(run)));
    },
  }),
  route(getDatasetRun, {
    summary: 'A run over a dataset',
    access: { dataset: 'reviewer' },
    async handler({ deps, params, query, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      const run = await deps.runs.find(name, query.id);
      if (!(await maySee(deps.db, user, masksOf(run)))) throw new NotFoundError('no such run');
      return run;
    },
  }),
  route(postDatasetRuns, {
    summary: 'Starts a run over a dataset, or joins the one that is under way',
    access: 'admin',
    async handler({ deps, params, body, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      await expectStorage(deps.store);
      const { kind, preset, strokes } = body;
      // Refuses an unknown backbone before a run starts.
      const extract = settleKeys(await deps.backbones.find(body.backbone), body);
      const settings = { extract, preset, solve: strokes ? { strokes } : {} };
      const { recipe } = await deps.recipeOf(settings);
      const run = { dataset: name, window: runWindow };
      const begun =
        kind === 'extract'
          ? await extractDataset(deps.client, { ...run, extract })
          : await propagateDataset(deps.client, recipe, { ...run, ...settings });
      await auditAlone(deps.db, { actor: user.id, action: 'dataset.run', object: name, detail: { id: begun.id } });
      return deps.runs.started(begun);
    },
  }),
  route(postDatasetFailuresRetry, {
    summary: 'Tries images again that failed in an extraction, all or one, or joins the run that does',
    access: 'admin',
    errors: [404],
    async handler({ deps, params, body: { step, sha256 }, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      await expectStorage(deps.store);
      const keys = step.slice(step.indexOf('/') + 1);
      const extract = await settingsOfKeys(deps, keys);
      const retry = { image: sha256 ?? null };
      const begun = await extractDataset(deps.client, { dataset: name, window: runWindow, extract, retry });
      const detail = { id: begun.id, ...(sha256 !== undefined && { sha256 }) };
      await auditAlone(deps.db, { actor: user.id, action: 'dataset.retry', object: name, detail });
      return deps.runs.started(begun);
    },
  }),
  route(postDatasetRunsControl, {
    summary: 'Pauses a run over the dataset, goes on with it, or ends it',
    access: 'admin',
    archive: true,
    async handler({ deps, params, body, user }) {
      const { name } = await datasetOf(deps.store, params.dataset);
      await deps.runs.control(name, body.id, body.action);
      const entry = { actor: user.id, action: `dataset.${body.action}`, object: name, detail: { id: body.id } };
      await auditAlone(deps.db, entry);
      return null;
    },
  }),
];
