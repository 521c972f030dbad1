/** A campaign's overview: progress, pace, agreement, time, members, exports. */

import { type Campaign, getCampaign, getCampaignMembers } from '@saltworks/contract/api/campaigns';
import { AgreementPanels } from '../campaigns/agreement-panels.tsx';
import { EffortPanel } from '../campaigns/effort-panel.tsx';
import { LabelEfficiencyPanel } from '../campaigns/label-efficiency-panel.tsx';
import { MembersPanel } from '../campaigns/members-panel.tsx';
import { PacePanel } from '../campaigns/pace-panel.tsx';
import { namesOf } from '../campaigns/people.ts';
import { ProgressPanel } from '../campaigns/progress-panel.tsx';
import { SkippedPanel } from '../campaigns/skipped-panel.tsx';
import { campaignTabs } from '../campaigns/tabs.ts';
import { Exports } from '../datasets/exports.tsx';
import { useLoaded } from '../load.ts';
import { Await, Panel } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function CampaignPage({ campaign: id }: { campaign: string }) {
  const { value: me } = useMe();
  const campaign = useLoaded(getCampaign, { params: { campaign: id } }, 30_000);
  const manages = mayIn(me, id, 'manager');
  const reviews = mayIn(me, id, 'reviewer');
  return (
    <Shell
      title={campaign.value?.name ?? id}
      tabs={campaignTabs(id, me)}
      aside={campaign.value && campaign.value.state !== 'open' && <span className="tag">{campaign.value.state}</span>}
      shortcuts={
        manages
          ? [
              { keys: ['a'], show: 'A', label: 'add a member', run: focus('member-email') },
              { keys: ['e'], show: 'E', label: 'export', run: focus('export-format') },
            ]
          : []
      }
    >
      <Await loaded={campaign} what="the campaign">
        {(value) =>
          reviews ? (
            <div className="panels">
              <ProgressPanel campaign={id} />
              <PacePanel campaign={id} />
              <SkippedPanel campaign={id} />
              {manages && <Management campaign={value} admin={me?.role === 'admin'} />}
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

function Management({ campaign: { id, dataset, categories }, admin }: { campaign: Campaign; admin: boolean }) {
  const members = useLoaded(getCampaignMembers, { params: { campaign: id } });
  const nameOf = namesOf(members.value);
  return (
    <>
      <AgreementPanels campaign={id} nameOf={nameOf} />
      <EffortPanel campaign={id} categories={categories} nameOf={nameOf} />
      <LabelEfficiencyPanel campaign={id} />
      <MembersPanel campaign={id} members={members} />
      <Panel title="Exports">
        <Exports dataset={dataset} recipes={[`campaign-${id}`]} campaign={id} controls={admin} />
      </Panel>
    </>
  );
}
