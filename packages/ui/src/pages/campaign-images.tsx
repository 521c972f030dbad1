/** A campaign's images and their states. */

import { type Campaign, getCampaign, getCampaignProgress } from '@saltworks/contract/api/campaigns';
import { addressOf } from '@saltworks/contract/api/endpoint';
import type { AssignmentState } from '@saltworks/contract/api/states';
import {
  getCampaignTasks,
  getTaskImage,
  getTaskMask,
  getTaskThumbnail,
  type Task,
} from '@saltworks/contract/api/tasks';
import { segmentColours } from '@saltworks/core/screen/colours';
import { useCallback, useState } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { ReserveImage } from '../campaigns/reserve-image.tsx';
import { campaignTabs } from '../campaigns/tabs.tsx';
import { Browser } from '../datasets/browser.tsx';
import { type Filter, Filters, focusFilters, queryOf, uncertainty } from '../datasets/filters.tsx';
import { Found, useFitting, useTags } from '../datasets/found.tsx';
import { ImageTags } from '../datasets/image-tags.tsx';
import type { Shown } from '../datasets/shown.ts';
import { AnnotatorFilter, ClearFilters, DayFilter, TextFilter, typed } from '../datasets/typed-filter.tsx';
import { usePeople } from '../datasets/use-people.ts';
import { legendOf } from '../legend.tsx';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Await } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function CampaignImagesPage({ campaign: id }: { campaign: string }) {
  const me = useMe().value;
  const campaign = useLoaded(getCampaign, { params: { campaign: id } });
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
      ['skipped', 'skipped'],
    ],
  },
  {
    name: 'state',
    label: 'State',
    choices: [
      ['', 'any'],
      ['open', 'still wanted'],
      ['done', 'handed in by all'],
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
  const place = { params: { campaign: campaign.id } };
  const { value: progress } = useLoaded(getCampaignProgress, place, 30_000);
  const filters = filtersOf(campaign);
  const query = queryOf(filters, params);
  for (const field of typed) {
    const text = params.get(field);
    if (text) query.set(field, text);
  }
  const chosen = [...query.keys()].filter((name) => name !== 'order');
  const narrowed = chosen.length > 0;
  const subject = { kind: 'campaign', name: campaign.id } as const;
  const me = useMe().value;
  const manages = mayIn(me, campaign.id, 'manager');
  const people = usePeople(manages ? [campaign.id] : []);
  const tags = useTags(subject);
  const [turn, setTurn] = useState(0);
  const asked = new URLSearchParams([...query].filter(([name]) => name !== 'order'));
  const fitting = useFitting(subject, asked, turn);
  query.set('limit', '100');
  const show = useCallback((task: Task) => shownOf(task, campaign, manages), [campaign, manages]);
  return (
    <>
      <Filters filters={filters}>
        <TextFilter name="name" label="Name" />
        <TextFilter name="tag" label="Tag" known={tags.value?.map(({ tag }) => tag)} />
        <AnnotatorFilter people={people} />
        <DayFilter name="since" label="Worked on since" />
        <DayFilter name="until" label="until" />
        <ClearFilters names={chosen} />
        <button type="button" aria-pressed={masked} aria-keyshortcuts="M" onClick={toggle}>
          Masks
        </button>
      </Filters>
      <Found
        subject={subject}
        query={asked}
        narrowed={narrowed}
        manages={manages}
        admin={me?.role === 'admin'}
        changed={() => {
          tags.again();
          setTurn((now) => now + 1);
        }}
      />
      <Browser
        key={turn}
        address={addressOf(getCampaignTasks, { ...place, query })}
        read={(after) =>
          ask(getCampaignTasks, { ...place, query: after === null ? query : [...query, ['after', after]] })
        }
        show={show}
        masked={masked}
        toggleMask={toggle}
        // The campaign's count leaves out known images and former versions.
        total={narrowed || campaign.honeypotRate > 0 || progress?.former ? fitting : progress?.tasks}
        nothing={narrowed ? 'No image is like that.' : 'No image is ready yet. They appear as they are prepared.'}
      />
    </>
  );
}

/** States of assignments that are held or submitted. */
const handedIn: AssignmentState[] = ['submitted', 'accepted'];
const busy: AssignmentState[] = [...handedIn, 'leased', 'sent_back'];

function stateOf({ works, wanted, handed, accepted, taken }: Task): string {
  const has = (state: AssignmentState) => works.some((work) => work.state === state);
  if (accepted >= wanted) return 'accepted';
  if (has('sent_back')) return 'sent back';
  if (handed >= wanted) return has('submitted') ? 'to review' : 'handed in';
  if (taken === 0) return has('skipped') ? 'skipped' : 'not begun';
  return wanted === 1 ? 'being drawn' : `${handed} of ${wanted} handed in`;
}

/** "bob skipped it on Nov 29, 2026, 04:12: too dark". */
const saidOf = ({ author, state, updated, reason }: Task['works'][number]): string =>
  `${author} ${deeds[state]} on ${moment(updated)}${reason ? `: ${reason}` : '.'}`;

const deeds: Record<AssignmentState, string> = {
  leased: 'was seen drawing it',
  submitted: 'handed it in',
  accepted: 'handed it in, and it was accepted',
  sent_back: 'had it sent back',
  skipped: 'skipped it',
  returned: 'gave it back',
};

function shownOf(task: Task, { id: campaign, categories }: Campaign, manages: boolean): Shown {
  const { id, image, wanted, handed, accepted, works } = task;
  const place = { params: { task: id } };
  const colours = segmentColours(task.segments, categories);
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return {
    name: image.name,
    thumbnail: addressOf(getTaskThumbnail, place),
    image: addressOf(getTaskImage, place),
    // The mask's id in the address: a newer mask is fetched afresh.
    mask: task.mask === null ? undefined : { path: `${addressOf(getTaskMask, place)}?of=${task.mask}`, colours },
    who: works
      .filter((work) => busy.includes(work.state))
      .map(({ author }) => author)
      .join(', '),
    state: stateOf(task),
    classes: legendOf(task.segments, colours, (category) => names.get(category) ?? 'unknown'),
    uncertainty: task.uncertainty,
    tags: task.tags,
    more: () => (
      <>
        <ImageTags key={`tags ${id}`} subject={`campaign:${campaign}`} image={image.id} tags={task.tags ?? []} />
        {manages && <ReserveImage key={id} campaign={campaign} task={task} />}
      </>
    ),
    notes: [
      ...(task.people ? [`Reserved for ${task.people.map(({ name }) => name).join(', ')}.`] : []),
      `${handed} of ${wanted} handed in, ${accepted} accepted.`,
      ...works.map(saidOf),
      ...(image.former ? ['A former version: its file has changed since, so exports leave it out.'] : []),
      ...(task.honeypot ? ['A known image, mixed in to see how annotators do.'] : []),
      ...(task.consensus ? ['Its mask is the consensus.'] : []),
    ],
    links: [
      ...works
        .filter(({ state }) => handedIn.includes(state))
        .map((work) => ({
          name: `Review ${work.author}`,
          href: `/campaigns/${campaign}/review?assignment=${work.id}`,
        })),
      ...(handed > 0 ? [{ name: 'Compare', href: `/campaigns/${campaign}/compare/${id}` }] : []),
    ],
  };
}
