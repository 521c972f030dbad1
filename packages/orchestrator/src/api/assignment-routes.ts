/** Routes of one annotator's work on one image. */

import {
  postAssignmentRenew,
  postAssignmentReturn,
  postAssignmentSkip,
  postAssignmentSubmit,
} from '@saltworks/contract/api/assignments';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { eventNumber } from '@saltworks/contract/api/fields';
import { postAssignmentNotes } from '@saltworks/contract/api/notes';
import {
  getAssignment,
  getAssignmentAttribution,
  getAssignmentEvents,
  getAssignmentImage,
  getAssignmentInteractions,
  getAssignmentKeys,
  getAssignmentMask,
  getAssignmentThumbnail,
  postAssignmentInteractions,
  postAssignmentReview,
} from '@saltworks/contract/api/open-assignments';
import { postAssignmentCorrect } from '@saltworks/contract/api/reviews';
import { maskKey } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import * as z from '@saltworks/contract/zod';
import { replay } from '@saltworks/core/drawing/replay';
import { strokeAcknowledged, strokesAcknowledged } from '@saltworks/telemetry/metrics';
import { shownBuild } from '../builds/current.ts';
import { acceptedMasks } from '../campaigns/assignments/accepted.ts';
import { correctAssignment } from '../campaigns/assignments/corrections.ts';
import { sizeOf } from '../campaigns/assignments/image-size.ts';
import { appendInteractions, readInteractions, readLog } from '../campaigns/assignments/interactions.ts';
import { renewLease } from '../campaigns/assignments/leases.ts';
import { returnAssignment, skipAssignment } from '../campaigns/assignments/leave.ts';
import { addNote, readThread } from '../campaigns/assignments/notes.ts';
import { campaignFor } from '../campaigns/assignments/pins.ts';
import { type Assignment, findAssignment } from '../campaigns/assignments/read.ts';
import { readReviews, reviewAssignment } from '../campaigns/assignments/reviews.ts';
import { isBuiltMask, shownMaskOf } from '../campaigns/assignments/shown-mask.ts';
import { expectLabelled, expectValues, submitAssignment } from '../campaigns/assignments/submit.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { extractOf, keysOf } from '../campaigns/keys.ts';
import { NotFoundError } from '../errors.ts';
import { sendObject } from './objects.ts';
import { openTaken } from './open-taken.ts';
import { type Deps, route } from './routes.ts';
import { sendCopy, sendKeys } from './views.ts';

const own = { assignment: 'own' } as const;
const see = { assignment: 'see' } as const;

const sized = async (deps: Deps, id: string) => {
  const found = await findAssignment(deps.db, id);
  const campaign = await campaignFor(deps.db, found);
  const size = await sizeOf(deps.db, found, (sha256) => deps.imageSize(sha256, keysOf(campaign)));
  return { found: { ...found, image: { ...found.image, ...size } }, campaign, size };
};

/** Settings that a campaign's labels are made with; null where its backbone is no longer known. */
async function optionsOf({ recipeOf }: Deps, campaign: Campaign): Promise<SegmentOptions | null> {
  try {
    return (await recipeOf({ extract: extractOf(campaign), preset: campaign.preset, solve: campaign.solve })).options;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/** The build that an assignment corrects, and the one that is shown by now. */
async function buildsOf(db: Deps['db'], { campaign, pin }: Assignment) {
  const found = await shownBuild(db, { kind: 'campaign', name: campaign });
  const shown = found ? { id: found.build, since: found.at.toISOString() } : null;
  if (pin === null || pin.build?.id === shown?.id) return { build: shown, newer: null };
  return { build: pin.build, newer: shown };
}

/** Milliseconds in which a worker makes the copies of an image that was just taken. */
const opening = 3_000;

export const assignmentRoutes = [
  route(getAssignment, {
    summary: 'An assignment, and what is drawn in it',
    access: see,
    errors: [409],
    async handler({ deps, params }) {
      const { found, campaign } = await sized(deps, params.assignment);
      const interactions = await readInteractions(deps.db, found.id, found.n);
      const options = await optionsOf(deps, campaign);
      return {
        ...found,
        mask: await shownMaskOf(deps.db, found),
        ...(await buildsOf(deps.db, found)),
        keys: { id: keysOf(campaign), ...extractOf(campaign) },
        options,
        accepted: await acceptedMasks(deps.db, found.campaign),
        drawing: replay(interactions),
        reviews: await readReviews(deps.db, found.id),
        thread: await readThread(deps.db, found.id),
      };
    },
  }),
  route(postAssignmentInteractions, {
    summary: 'Adds what was done; answered when it is safe. What was sent before is not added twice',
    access: own,
    errors: [409],
    // The border of a segment on a large photograph takes that much.
    bodyLimit: 512 * 1024,
    async handler({ deps, params, body, reply }) {
      const { db, journal, answers } = deps;
      const since = performance.now() - reply.elapsedTime;
      const { found, campaign, size } = await sized(deps, params.assignment);
      const until = new Date(Date.now() + 1000 * campaign.leaseSeconds);
      const categories = campaign.categories.map((category) => category.id);
      const { attributes } = campaign;
      const options = { until, size, categories, attributes };
      const { n, added, entries } = await appendInteractions(db, found.id, body, options);
      await journal.append(...entries);
      if (added > 0) strokesAcknowledged.inc(added);
      if (added > 0) strokeAcknowledged.observe((performance.now() - since) / 1000);
      answers.answer(found.id, added > 0 ? { n, since } : undefined);
      answers.renewed(found.id, until);
      return { n, added };
    },
  }),
  route(getAssignmentInteractions, {
    summary: 'Everything that was done, and when',
    access: see,
    handler: ({ deps, params }) => readLog(deps.db, params.assignment),
  }),
  route(getAssignmentEvents, {
    summary: 'Answers as they come: Server-Sent Events (spec/events.md), resumed by Last-Event-ID',
    access: see,
    handler({ deps, params, query, request, reply, stillAllowed }) {
      const last = z.safeParse(eventNumber, request.headers['last-event-id'] || undefined);
      // The server that the page followed before may have died with strokes to answer.
      deps.answers.answer(params.assignment);
      deps.streams.follow(params.assignment, last.success ? last.data : query.after, reply, stillAllowed);
    },
  }),
  route(postAssignmentRenew, {
    summary: 'Holds the image for another while',
    access: own,
    errors: [409],
    async handler({ deps, params }) {
      const { campaign } = await findAssignment(deps.db, params.assignment);
      const until = await renewLease(deps.db, params.assignment, (await findCampaign(deps.db, campaign)).leaseSeconds);
      deps.answers.renewed(params.assignment, until);
      return { leaseUntil: until.toISOString() };
    },
  }),
  route(postAssignmentSubmit, {
    summary: 'Hands the image in, with the mask of all that is drawn',
    access: own,
    errors: [409],
    async handler({ deps, params }) {
      const found = await findAssignment(deps.db, params.assignment);
      const campaign = await findCampaign(deps.db, found.campaign);
      const drawing = replay(await readInteractions(deps.db, params.assignment));
      expectValues(campaign, drawing);
      const settled = await deps.answers.settle(params.assignment);
      await expectLabelled(deps.store, campaign, settled.mask);
      await submitAssignment(deps.db, params.assignment, settled);
      deps.answers.closed(params.assignment);
      return settled;
    },
  }),
  route(postAssignmentSkip, {
    summary: 'Leaves the image to others, for a reason',
    access: own,
    errors: [409],
    async handler({ deps, params, body }) {
      await skipAssignment(deps.db, params.assignment, body.reason);
      deps.answers.closed(params.assignment);
      return null;
    },
  }),
  route(postAssignmentReturn, {
    summary: 'Gives the image back for now; what is drawn stays',
    access: own,
    errors: [409],
    async handler({ deps, params }) {
      await returnAssignment(deps.db, params.assignment);
      deps.answers.closed(params.assignment);
      return null;
    },
  }),
  route(postAssignmentReview, {
    summary: 'Accepts what was handed in, or sends it back with a note',
    access: { assignment: 'review' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      await reviewAssignment(deps.db, params.assignment, body, user.id);
      if (body.verdict === 'send_back') await deps.notices.mails?.sentBack(params.assignment);
      return null;
    },
  }),
  route(postAssignmentCorrect, {
    summary: 'Takes what was handed in to correct it oneself: strokes are the reviewer’s, and it is handed in again',
    access: { assignment: 'review' },
    errors: [409],
    async handler({ deps, params, user, request }) {
      const { campaign } = await findAssignment(deps.db, params.assignment);
      await correctAssignment(deps.db, await findCampaign(deps.db, campaign), params.assignment, user.id);
      return openTaken(deps, params.assignment, (error) => request.log.warn(error.message));
    },
  }),
  route(postAssignmentNotes, {
    summary: 'Writes to the annotator, or to the reviewers, whatever state the image is in; it stays',
    access: see,
    errors: [409],
    handler: ({ deps, params, body, user }) => addNote(deps.db, params.assignment, body, user.id),
  }),
  route(getAssignmentAttribution, {
    summary: 'Which strokes gave a pixel to its segment',
    access: see,
    errors: [409],
    handler: ({ deps, params, query }) => deps.answers.attribute(params.assignment, query),
  }),
  route(getAssignmentImage, {
    summary: 'The image: upright, lossless, nothing but pixels',
    access: see,
    async handler({ deps, params, request, reply }) {
      const { image } = await findAssignment(deps.db, params.assignment);
      return sendCopy('view', deps, request, reply, image, { patience: opening });
    },
  }),
  route(getAssignmentThumbnail, {
    summary: 'The image as WebP, 256 pixels at its longer side',
    access: see,
    async handler({ deps, params, request, reply }) {
      const { image } = await findAssignment(deps.db, params.assignment);
      return sendCopy('thumbnail', deps, request, reply, image, { patience: opening });
    },
  }),
  route(getAssignmentKeys, {
    summary: 'The keys of the image (spec/keys.md)',
    access: see,
    async handler({ deps, params, request, reply }) {
      const found = await findAssignment(deps.db, params.assignment);
      return sendKeys(deps, request, reply, {
        campaign: await campaignFor(deps.db, found),
        sha256: found.image.sha256,
      });
    },
  }),
  route(getAssignmentMask, {
    summary: 'A mask that was an answer here, or that a build has of these strokes: COCO panoptic PNG (spec/mask.md)',
    access: see,
    async handler({ deps, params, request, reply }) {
      const { mask } = params;
      const answered = await deps.db
        .selectFrom('event')
        .select('n')
        .where('assignment', '=', params.assignment)
        .where((eb) => eb(eb.ref('body', '->>').key('mask' as never), '=', mask as never))
        .limit(1)
        .executeTakeFirst();
      if (!answered && !(await isBuiltMask(deps.db, await findAssignment(deps.db, params.assignment), mask))) {
        throw new NotFoundError('no such mask');
      }
      return sendObject(request, reply, deps.store, maskKey(mask, '.png'));
    },
  }),
];
