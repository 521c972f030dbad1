/** Routes of one's own work: what there is, and what is taken up again. */
import { getMeAssignments, getMeWork, postAssignmentReopen } from '@saltworks/contract/api/own-work';
import { countOwnWork, listOwnWork } from '../campaigns/assignments/own.ts';
import { findAssignment } from '../campaigns/assignments/read.ts';
import { reopenAssignment } from '../campaigns/assignments/reopen.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { openTaken } from './open-taken.ts';
import { route } from './routes.ts';

export const ownWorkRoutes = [
  route(getMeWork, {
    summary: 'How much of my work is in each state, by campaign',
    access: 'user',
    handler: ({ deps, user }) => countOwnWork(deps.db, user),
  }),
  route(getMeAssignments, {
    summary: 'My assignments in all campaigns that I take part in, those first that changed last',
    access: 'user',
    handler: ({ deps, query, user }) => listOwnWork(deps.db, user, query),
  }),
  route(postAssignmentReopen, {
    summary: 'Takes up one of my assignments again: handed in and not yet reviewed, sent back, skipped or returned',
    access: { assignment: 'own' },
    errors: [409],
    async handler({ deps, params, request }) {
      const { campaign } = await findAssignment(deps.db, params.assignment);
      await reopenAssignment(deps.db, await findCampaign(deps.db, campaign), params.assignment);
      return openTaken(deps, params.assignment, (error) => request.log.warn(error.message));
    },
  }),
];
