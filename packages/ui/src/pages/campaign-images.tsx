/** The images of a campaign, and how each stands. */
import type { Campaign, CampaignProgress, Task } from '@saltworks/core/contract/api';
import { useCallback, useState } from 'react';
import { useSearchParams } from 'wouter';
import { campaignTabs } from '../campaigns/tabs.ts';
import { Browser, type Shown } from '../datasets/browser.tsx';
import { type Filter, Filters, focusFilters, queryOf, uncertainty } from '../datasets/filters.tsx';
import { useLoaded } from '../load.ts';
import { Await } from '../states.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function CampaignImagesPage({ campaign: id }: { campaign: string }) {
  const me = useMe().value;
  const campaign = useLoaded<Campaign>(`/api/campaigns/${id}`);
  const [masked, setMasked] = useState(true);
  const toggle = () => setMasked((now) => !now);
  return (
    <Shell
      title={campaign.value?.name ?? id}
      tabs={campaignTabs(id, me)}
      wide
      shortcuts={[
        { keys: ['f'], show: 'F', label: 'to the filters', run: focusFilters },
        { keys: ['m'], show: 'M', label: 'masks on and off', run: toggle },
        { keys: [], show: '← → ↑ ↓', label: 'from image to image', run() {} },
      ]}
    >
      <Await loaded={campaign} what="the campaign">
        {(value) => <Images campaign={value} masked={masked} toggle={toggle} />}
      </Await>
    </Shell>
  );
}

const filtersOf = ({ categories }: Campaign): Filter[] => [
  {
    name: 'work',
    label: 'Work',
    choices: [
      ['', 'any'],
      ['none', 'not begun'],
      ['begun', 'begun'],
      ['handed', 'handed in'],
      ['accepted', 'accepted'],
      ['sent_back', 'sent back'],
    ],
  },
  {
    name: 'state',
    label: 'State',
    choices: [
      ['', 'any'],
      ['open', 'open'],
      ['done', 'done'],
    ],
  },
  {
    name: 'category',
    label: 'Class',
    choices: [['', 'any'], ...categories.map(({ id, name }) => [String(id), name] as const)],
  },
  uncertainty,
  {
    name: 'order',
    label: 'Order',
    choices: [
      ['', 'as given out'],
      ['uncertain', 'most uncertain first'],
    ],
  },
];

function Images({ campaign, masked, toggle }: { campaign: Campaign; masked: boolean; toggle(): void }) {
  const [params] = useSearchParams();
  const { value: progress } = useLoaded<CampaignProgress>(`/api/campaigns/${campaign.id}/progress`, 30_000);
  const filters = filtersOf(campaign);
  const query = queryOf(filters, params);
  const narrowed = [...query.keys()].some((name) => name !== 'order');
  query.set('limit', '100');
  const show = useCallback((task: Task) => shownOf(task, campaign), [campaign]);
  return (
    <>
      <Filters filters={filters}>
        <button type="button" aria-pressed={masked} aria-keyshortcuts="M" onClick={toggle}>
          Masks
        </button>
      </Filters>
      <Browser
        path={`/api/campaigns/${campaign.id}/tasks?${query}`}
        show={show}
        masked={masked}
        toggleMask={toggle}
        // Known images mixed in are not counted there.
        total={narrowed || campaign.honeypotRate > 0 ? undefined : progress?.tasks}
        nothing={narrowed ? 'No image is like that.' : 'No image is ready yet. They appear as they are prepared.'}
      />
    </>
  );
}

function shownOf(task: Task, { id: campaign, categories }: Campaign): Shown {
  const { id, image, wanted, taken, handed, accepted, state } = task;
  const at = `/api/tasks/${id}`;
  return {
    name: image.name,
    thumbnail: `${at}/thumbnail`,
    image: `${at}/image`,
    // The name of the mask, so that a newer one is read anew.
    mask: task.mask === null ? undefined : `${at}/mask?of=${task.mask}`,
    state: state === 'done' ? 'done' : taken === 0 ? 'not begun' : `${handed} of ${wanted} handed in`,
    categories: categories.filter((category) => task.categories.includes(category.id)).map(({ name }) => name),
    uncertainty: task.uncertainty,
    notes: [
      `${taken} had it, ${handed} handed it in, ${accepted} accepted, ${wanted} wanted.`,
      ...(task.honeypot ? ['A known image, mixed in to see how annotators do.'] : []),
      ...(task.consensus ? ['Its mask is the consensus.'] : []),
    ],
    links: handed > 0 ? [{ name: 'Annotators and reviews', href: `/campaigns/${campaign}/compare/${id}` }] : [],
  };
}
