/** Routes of builds: listed, explained, shown whole or in part, rolled back. */
import {
  getBuild,
  getBuildImage,
  getBuildImageMask,
  getBuildShown,
  getBuilds,
  postBuildPromote,
  postBuildReject,
  postBuildRollback,
} from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { maskKey } from '@saltworks/contract/layout';
import { buildBefore, shownBuild } from '../builds/current.ts';
import { findLine, lineageOf } from '../builds/lineage.ts';
import { promotePart } from '../builds/mix.ts';
import { promoteBuild, rollBack } from '../builds/promote.ts';
import { findBuild, listBuilds } from '../builds/read.ts';
import { rejectBuild } from '../builds/record.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { NotFoundError } from '../errors.ts';
import { sendObject } from './objects.ts';
import { type Deps, route } from './routes.ts';
import { subjectOf } from './subject.ts';

const see = { subject: 'reviewer' } as const;
const manage = { subject: 'manager' } as const;

/** Bytes of a body that lists as many images as it may. */
const bodyLimit = 2 * 1024 * 1024;

/** @throws NotFoundError unless it is there: a campaign's access has told already */
async function existing({ store }: Deps, text: string): Promise<Subject> {
  const subject = subjectOf(text);
  if (subject.kind === 'dataset') await datasetOf(store, subject.name);
  return subject;
}

export const buildRoutes = [
  route(getBuilds, {
    summary: 'Builds of a campaign or a dataset, the newest first',
    access: see,
    async handler({ deps, params, query }) {
      return listBuilds(deps.db, await existing(deps, params.subject), query);
    },
  }),
  route(getBuildShown, {
    summary: 'The build that is shown, now or at a time, and the one that a rollback would show',
    access: see,
    async handler({ deps, params, query }) {
      const subject = await existing(deps, params.subject);
      const at = query.at === undefined ? undefined : new Date(query.at);
      const shown = await shownBuild(deps.db, subject, at);
      const before = shown && (await buildBefore(deps.db, subject, shown));
      return {
        build: shown ? await findBuild(deps.db, subject, shown.build) : null,
        back: before ? await findBuild(deps.db, subject, before.build) : null,
      };
    },
  }),
  route(getBuild, {
    summary: 'A build: when, why and by whom it was made, with what, and what became of it',
    access: see,
    handler: ({ deps, params }) => findBuild(deps.db, subjectOf(params.subject), params.build),
  }),
  route(postBuildPromote, {
    summary: 'Shows a build, or some of its images',
    access: manage,
    errors: [409],
    bodyLimit,
    async handler({ deps, params, body, user }) {
      const subject = subjectOf(params.subject);
      const { take, keep } = body;
      if (take && keep) throw new InvalidInputError('take and keep; expected one of them at most');
      await findBuild(deps.db, subject, params.build);
      const choice = take ? { take } : keep && { keep };
      if (choice) {
        return findBuild(deps.db, subject, await promotePart(deps, subject, params.build, choice, user.id));
      }
      await promoteBuild(deps, subject, params.build, { by: user.id });
      return findBuild(deps.db, subject, params.build);
    },
  }),
  route(postBuildReject, {
    summary: 'Takes none of a build',
    access: manage,
    errors: [409],
    async handler({ deps, params, user }) {
      const subject = subjectOf(params.subject);
      await rejectBuild(deps.db, subject, params.build, user.id);
      return findBuild(deps.db, subject, params.build);
    },
  }),
  route(postBuildRollback, {
    summary: 'Shows the build again that was shown before: one step, nothing is computed',
    access: manage,
    errors: [409],
    async handler({ deps, params, body, user }) {
      const subject = await existing(deps, params.subject);
      return findBuild(deps.db, subject, await rollBack(deps, subject, { by: user.id, from: body.from }));
    },
  }),
  route(getBuildImage, {
    summary: 'Where the mask of an image comes from: strokes, keys, settings and code',
    access: see,
    handler: ({ deps, params }) => lineageOf(deps, subjectOf(params.subject), params.build, Number(params.image)),
  }),
  route(getBuildImageMask, {
    summary: 'The mask that a build has of an image, or offers: COCO panoptic PNG (spec/mask.md)',
    access: see,
    async handler({ deps, params, query, request, reply }) {
      const { line } = await findLine(deps, subjectOf(params.subject), params.build, Number(params.image));
      const mask = query.of === 'offered' ? line.offered : line.mask;
      if (mask === undefined) throw new NotFoundError('no other mask is offered');
      return sendObject(request, reply, deps.store, maskKey(mask, '.png'));
    },
  }),
];
