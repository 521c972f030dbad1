/** Invitations to a campaign: links by which several people open accounts of their own, until each is spent, ends or is revoked. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, nothing, text, time } from './fields.ts';

/** Nobody becomes a manager by a link that is passed on. */
export const invitedRoles = ['annotator', 'reviewer'] as const;
export type InvitedRole = (typeof invitedRoles)[number];

/** How long an invitation may last, days, and how many may follow it. */
export const invitationLimits = { days: 366, uses: 1_000 } as const;

/** `open`: whoever has it may follow it. `revoked`: by a person, or because its maker may invite nobody any more. */
export const invitationState = z.enum(['open', 'spent', 'ended', 'revoked']);
export type InvitationState = z.infer<typeof invitationState>;

export const newInvitation = z.described(
  z.strictObject({
    /** What it is for, to tell it from others. */
    name: text(100),
    role: z._default(z.enum(invitedRoles), 'annotator'),
    /** How many people may follow it. */
    uses: z.int().check(z.gte(1), z.lte(invitationLimits.uses)),
    /** When it ends: within a year and a day. */
    ends: time,
  }),
  { id: 'NewInvitation' },
);

export const invitation = z.described(
  z.object({
    id,
    name: z.string(),
    role: z.enum(invitedRoles),
    uses: z.int(),
    /** How many have followed it. */
    used: z.int(),
    ends: z.string(),
    state: invitationState,
    /** The name of who made it. */
    by: z.string(),
    made: z.string(),
  }),
  { id: 'Invitation' },
);
export type Invitation = z.infer<typeof invitation>;

const at = '/api/campaigns/:campaign/invitations';

/** The newest first. */
export const getCampaignInvitations = endpoint({ method: 'GET', url: at, response: z.array(invitation) });

/** Its link is told this once. */
export const postCampaignInvitations = endpoint({
  method: 'POST',
  url: at,
  body: newInvitation,
  response: z.object({ id, link: z.string() }),
});

export const deleteCampaignInvitation = endpoint({ method: 'DELETE', url: `${at}/:invitation`, response: nothing });
