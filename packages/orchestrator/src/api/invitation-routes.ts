/** Routes of invitations; their links lead to `join.ts`. */
import {
  deleteCampaignInvitation,
  getCampaignInvitations,
  postCampaignInvitations,
} from '@saltworks/contract/api/invitations';
import { createInvitation, listInvitations, revokeInvitation } from '../accounts/invitations.ts';
import { route } from './routes.ts';

export const invitationRoutes = [
  route(getCampaignInvitations, {
    summary: 'Invitations to a campaign, also those that are over, the newest first',
    access: { campaign: 'manager' },
    handler: ({ deps, params }) => listInvitations(deps.db, params.campaign),
  }),
  route(postCampaignInvitations, {
    summary: 'A link by which several people join a campaign, each under an account of their own; it is told this once',
    access: { campaign: 'manager' },
    async handler({ deps, params, body, user }) {
      const { id, token } = await createInvitation(deps.db, params.campaign, body, user.id);
      return { id, link: deps.auth.joinLink(token) };
    },
  }),
  route(deleteCampaignInvitation, {
    summary: 'Ends an invitation; who joined by it stays',
    access: { campaign: 'manager' },
    async handler({ deps, params, user }) {
      await revokeInvitation(deps.db, params.campaign, params.invitation, user.id);
      return null;
    },
  }),
];
