/** A campaign: its progress and pace; its quality; its people; its exports. */

import { type Campaign, getCampaign, getCampaignMembers } from '@saltworks/contract/api/campaigns';
import { AgreementPanels } from '../campaigns/agreement-panels.tsx';
import { EffortPanel } from '../campaigns/effort-panel.tsx';
import { InvitationsPanel } from '../campaigns/invitations-panel.tsx';
import { LabelEfficiencyPanel } from '../campaigns/label-efficiency-panel.tsx';
import { MembersPanel } from '../campaigns/members-panel.tsx';
import { PacePanel } from '../campaigns/pace-panel.tsx';
import { namesOf } from '../campaigns/people.ts';
import { ProgressPanel } from '../campaigns/progress-panel.tsx';
import { SkippedPanel } from '../campaigns/skipped-panel.tsx';
import { campaignTabs } from '../campaigns/tabs.tsx';
import { Exports } from '../datasets/exports.tsx';
import { useLoaded } from '../load.ts';
import { Await, Panel } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export type CampaignPart = 'overview' | 'quality' | 'people' | 'exports';

export function CampaignPage({ campaign: id, part }: { campaign: string; part: CampaignPart }) {
  const { value: me } = useMe();
  const campaign = useLoaded(getCampaign, { params: { campaign: id } }, 30_000);
  const manages = mayIn(me, id, 'manager');
  const reviews = mayIn(me, id, 'reviewer');
  return (
    <Shell
      title={campaign.value?.name ?? id}
      tabs={campaignTabs(id, me)}
      aside={
        campaign.value &&
        (campaign.value.archived || campaign.value.state !== 'open') && (
          <span className="tag">{campaign.value.archived ? 'archived' : campaign.value.state}</span>
        )
      }
      shortcuts={
        part === 'people'
          ? [{ keys: ['a'], show: 'A', label: 'add a member', run: focus('member-email') }]
          : part === 'exports'
            ? [{ keys: ['e'], show: 'E', label: 'export', run: focus('export-format') }]
            : []
      }
    >
      <Await loaded={campaign} what="the campaign">
        {(value) =>
          reviews ? (
            <div className="panels">
              {part === 'overview' && (
                <>
                  <ProgressPanel campaign={id} />
                  <PacePanel campaign={id} />
                  <SkippedPanel campaign={id} />
                </>
              )}
              {part !== 'overview' &&
                (manages ? (
                  <Management part={part} campaign={value} admin={me?.role === 'admin'} />
                ) : (
                  <p>Only who manages this campaign sees this.</p>
                ))}
            </div>
          ) : (
            me && (
              <div className="empty">
                <p>You annotate here. What others do is seen by those who review.</p>
                <p>
                  <a className="button main" href={`/campaigns/${id}/annotate`}>
                    Annotate
                  </a>
                </p>
              </div>
            )
          )
        }
      </Await>
    </Shell>
  );
}

const focus = (id: string) => () => document.getElementById(id)?.focus();

interface ManagementProps {
  part: CampaignPart;
  campaign: Campaign;
  admin: boolean;
}

function Management({ part, campaign: { id, dataset, categories }, admin }: ManagementProps) {
  const members = useLoaded(getCampaignMembers, { params: { campaign: id } });
  const nameOf = namesOf(members.value);
  if (part === 'people') {
    return (
      <>
        <MembersPanel campaign={id} members={members} />
        <InvitationsPanel campaign={id} />
      </>
    );
  }
  if (part === 'exports') {
    return (
      <Panel title="Exports">
        <Exports dataset={dataset} recipes={[`campaign-${id}`]} campaign={id} controls={admin} />
      </Panel>
    );
  }
  return (
    <>
      <AgreementPanels campaign={id} nameOf={nameOf} />
      <EffortPanel campaign={id} categories={categories} nameOf={nameOf} />
      <LabelEfficiencyPanel campaign={id} />
    </>
  );
}
