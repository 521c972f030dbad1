/** Routes of filters and tags, of a dataset's images or a campaign's. */
import {
  deleteFilter,
  getFilters,
  getTags,
  postCampaignFirst,
  postFilterSelection,
  postTags,
  putFilter,
} from '@saltworks/contract/api/filters';
import { currentNext } from '@saltworks/store/prelabels/prelabels';
import { auditAlone } from '../accounts/audit.ts';
import { datasetOfSubject, expectImages, filterFor, findImages, fixSelection, taskFilter } from '../filters/find.ts';
import { giveFirst, giveListFirst } from '../filters/first.ts';
import { findFilter, listFilters, removeFilter, saveFilter } from '../filters/saved.ts';
import { changeTag, listTags } from '../filters/tags.ts';
import { route } from './routes.ts';
import { subjectOf } from './subject.ts';

export const filterRoutes = [
  route(getFilters, {
    summary: 'Filters that were saved of a dataset or a campaign',
    access: { subject: 'reviewer' },
    handler: ({ deps, params }) => listFilters(deps.db, subjectOf(params.subject)),
  }),
  route(putFilter, {
    summary: 'Saves a filter under a name; one of that name is replaced',
    access: { subject: 'reviewer' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const subject = subjectOf(params.subject);
      // An administrator passes with any name.
      await datasetOfSubject(deps, subject);
      const asked = filterFor(subject, body);
      await saveFilter(deps.db, subject, { filter: params.filter, asked, actor: user.id });
      return null;
    },
  }),
  route(deleteFilter, {
    summary: 'Removes a saved filter; campaigns and exports that were made of it stay as they are',
    access: { subject: 'reviewer' },
    async handler({ deps, params, user }) {
      await removeFilter(deps.db, subjectOf(params.subject), { filter: params.filter, actor: user.id });
      return null;
    },
  }),
  route(postFilterSelection, {
    summary: 'Fixes the images that fit a saved filter now, as a list for new campaigns and exports',
    access: { subject: 'manager' },
    errors: [409],
    async handler({ deps, params, user }) {
      const made = await fixSelection(deps, subjectOf(params.subject), { filter: params.filter, user });
      const { id, images, filter } = made;
      await auditAlone(deps.db, {
        ...{ actor: user.id, action: 'filter.select', object: params.subject, detail: { filter, id, images } },
      });
      return made;
    },
  }),
  route(postCampaignFirst, {
    summary:
      "Gives a campaign's images that fit one of its saved filters now out before all others, or those that would teach most",
    access: { campaign: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const subject = { kind: 'campaign', name: params.campaign } as const;
      if ('order' in body) {
        const { images } = await currentNext(deps.store, await datasetOfSubject(deps, subject));
        const listed = { images: images.map(({ id }) => id), order: body.order, actor: user.id };
        return { images: await giveListFirst(deps.db, params.campaign, listed) };
      }
      const filter = await taskFilter(deps.db, params.campaign, await findFilter(deps.db, subject, body.filter));
      return { images: await giveFirst(deps.db, params.campaign, { name: body.filter, filter, actor: user.id }) };
    },
  }),
  route(getTags, {
    summary: "Tags of a dataset's images or a campaign's, and how many have each",
    access: { subject: 'reviewer' },
    async handler({ deps, params }) {
      const subject = subjectOf(params.subject);
      const dataset = await datasetOfSubject(deps, subject);
      return listTags(deps.db, dataset, subject.kind === 'campaign' ? subject.name : undefined);
    },
  }),
  route(postTags, {
    summary: 'Sets a tag of images, or takes it from them: of those given, or of all that fit a filter',
    access: { subject: 'reviewer' },
    errors: [409],
    bodyLimit: 512 * 1024,
    async handler({ deps, params, body, user }) {
      const { tag, set } = body;
      const asked = 'filter' in body ? body.filter : undefined;
      const subject = subjectOf(params.subject);
      const dataset = await datasetOfSubject(deps, subject);
      const images =
        'filter' in body
          ? await findImages(deps, subject, { asked: body.filter, user })
          : await expectImages(deps, subject, [...new Set(body.images)]);
      const changed = await changeTag(
        deps.db,
        { dataset, tag, set, images },
        { actor: user.id, object: params.subject, asked },
      );
      return { images: changed };
    },
  }),
];
