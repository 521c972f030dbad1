/** Invitations to a campaign: links by which several people join, each under an account of their own. */
import {
  deleteCampaignInvitation,
  getCampaignInvitations,
  type Invitation,
  type InvitedRole,
  invitationLimits,
  invitedRoles,
  postCampaignInvitations,
} from '@saltworks/contract/api/invitations';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Secret } from '../secret.tsx';
import { Await, Panel } from '../states.tsx';

export function InvitationsPanel({ campaign }: { campaign: string }) {
  const invitations = useLoaded(getCampaignInvitations, { params: { campaign } });
  const { failure, attempt } = useAttempt(invitations.again);
  const revoke = ({ id }: Invitation) =>
    void attempt(() => ask(deleteCampaignInvitation, { params: { campaign, invitation: id } }));
  return (
    <Panel title="Invitations">
      <p className="hint">
        Several people may follow one link; each opens an account of their own, with a name and a password.
      </p>
      <Await loaded={invitations} what="invitations">
        {(list) =>
          list.length === 0 ? (
            <p>None yet.</p>
          ) : (
            <Table
              caption="Invitations to the campaign"
              columns={[
                { name: 'For' },
                { name: 'Role' },
                { name: 'Left', number: true },
                { name: 'Ends' },
                { name: 'Made by' },
                { name: 'State' },
              ]}
              rows={list.map((invitation) => [
                invitation.name,
                invitation.role,
                `${invitation.uses - invitation.used} of ${invitation.uses}`,
                moment(invitation.ends),
                invitation.by,
                invitation.state === 'open' ? (
                  <AskTwice key={invitation.id} label="Revoke" what={invitation.name} act={() => revoke(invitation)} />
                ) : (
                  invitation.state
                ),
              ])}
            />
          )
        }
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
      <NewInvitation campaign={campaign} made={invitations.again} />
    </Panel>
  );
}

const dayMs = 86_400_000;

function NewInvitation({ campaign, made }: { campaign: string; made(): void }) {
  const [link, setLink] = useState<{ name: string; link: string }>();
  const [failure, setFailure] = useState('');
  const add = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const name = String(given.get('for')).trim();
    const ends = new Date(Date.now() + Number(given.get('days')) * dayMs).toISOString();
    const body = { name, role: given.get('as') as InvitedRole, uses: Number(given.get('people')), ends };
    try {
      const { link } = await ask(postCampaignInvitations, { params: { campaign }, body });
      setLink({ name, link });
      setFailure('');
      form.reset();
      made();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <form onSubmit={add}>
      <div className="add">
        <label>
          Invitation for
          <input name="for" required maxLength={100} autoComplete="off" placeholder="autumn course" />
        </label>
        <label className="short">
          To
          <select name="as">
            {invitedRoles.map((role) => (
              <option key={role} value={role}>
                {role === 'annotator' ? 'annotate' : 'review'}
              </option>
            ))}
          </select>
        </label>
        <label className="short">
          People at most
          <input name="people" type="number" required min={1} max={invitationLimits.uses} defaultValue={10} />
        </label>
        <label className="short">
          Days it lasts
          <input name="days" type="number" required min={1} max={invitationLimits.days} defaultValue={14} />
        </label>
        <button type="submit">Make a link to share</button>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
      <div role="status">
        {link && (
          <Secret name={`Invitation for ${link.name}`} value={link.link}>
            Whoever has this link may join, until it is used up, ends or is revoked. It is not shown again.
          </Secret>
        )}
      </div>
    </form>
  );
}
