/** The members of a campaign, and their roles. */

import {
  deleteCampaignMember,
  type Member,
  postCampaignMemberLink,
  postCampaignMembers,
  putCampaignMember,
} from '@saltworks/contract/api/campaigns';
import type { MemberRole } from '@saltworks/contract/api/states';
import { useState } from 'react';
import { SignInLinks, useSignInLinks } from '../accounts/sign-in-links.tsx';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import type { Loaded } from '../load.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';

const roles: MemberRole[] = ['annotator', 'reviewer', 'manager'];

export function MembersPanel({ campaign, members }: { campaign: string; members: Loaded<Member[]> }) {
  const { failure, attempt } = useAttempt(members.again);
  const place = (user: string) => ({ params: { campaign, user } });
  const setRole = (user: string, role: MemberRole) =>
    void attempt(() => ask(putCampaignMember, { ...place(user), body: { role } }));
  const { links, add } = useSignInLinks();
  const invite = ({ user, email }: Member) =>
    void attempt(async () => add(email, (await ask(postCampaignMemberLink, place(user))).link));
  return (
    <Panel title="Members">
      <Await loaded={members} what="members">
        {(list) =>
          list.length === 0 ? (
            <p>Nobody yet.</p>
          ) : (
            <Table
              caption="Members of the campaign"
              columns={[
                { name: 'Name' },
                { name: 'E-mail' },
                { name: 'Role' },
                { name: 'Sign-in' },
                { name: 'Membership' },
              ]}
              rows={list.map((member) => {
                const { user, name, email, role } = member;
                return [
                  name,
                  email,
                  <select
                    key={user}
                    value={role}
                    aria-label={`Role of ${name}`}
                    onChange={(event) => setRole(user, event.target.value as MemberRole)}
                  >
                    {roles.map((each) => (
                      <option key={each}>{each}</option>
                    ))}
                  </select>,
                  <button
                    key={user}
                    type="button"
                    className="quiet"
                    aria-label={`Make a link that signs ${name} in`}
                    onClick={() => invite(member)}
                  >
                    Make a link
                  </button>,
                  <AskTwice
                    key={user}
                    label="Remove"
                    what={name}
                    act={() => void attempt(() => ask(deleteCampaignMember, place(user)))}
                  />,
                ];
              })}
            />
          )
        }
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
      <SignInLinks links={links} />
      <AddMember
        campaign={campaign}
        added={(who, link, mailed) => {
          if (link) add(who, link, mailed);
          members.again();
        }}
      />
    </Panel>
  );
}

function AddMember({
  campaign,
  added,
}: {
  campaign: string;
  added(who: string, link?: string, mailed?: boolean): void;
}) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<MemberRole>('annotator');
  const [said, setSaid] = useState<{ failure?: string; who?: string }>({});
  const add = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      const { link, mailed } = await ask(postCampaignMembers, {
        params: { campaign },
        body: { email: email.trim(), role },
      });
      setSaid({ who: email.trim() });
      setEmail('');
      added(email.trim(), link, mailed);
    } catch (error) {
      setSaid({ failure: (error as Error).message });
    }
  };
  return (
    <form onSubmit={add}>
      <div className="add">
        <label>
          Add by e-mail
          <input
            id="member-email"
            type="email"
            required
            value={email}
            autoComplete="off"
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        <label className="short">
          As
          <select value={role} onChange={(event) => setRole(event.target.value as MemberRole)}>
            {roles.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <button type="submit">Add</button>
      </div>
      <p role="alert" className="failure">
        {said.failure}
      </p>
      <p role="status">{said.who && `${said.who} is a member.`}</p>
    </form>
  );
}
