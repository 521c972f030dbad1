/** One's own work in all campaigns: handed in, sent back, skipped, in hand; each is opened again from here. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getAssignmentThumbnail } from '@saltworks/contract/api/open-assignments';
import { getMeAssignments, getMeWork, type OwnWork, type WorkCount } from '@saltworks/contract/api/own-work';
import type { AssignmentState } from '@saltworks/contract/api/states';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { type Filter, Filters, queryOf } from '../datasets/filters.tsx';
import { useLoaded } from '../load.ts';
import { ThreadInBrief } from '../notes/thread.tsx';
import { count, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';
import { Shell } from './shell.tsx';

const part = 50;

/** States in a person's words, and what opening one again is called; what was accepted stays. */
const words: Record<AssignmentState, { name: string; open?: string }> = {
  sent_back: { name: 'sent back', open: 'Correct' },
  leased: { name: 'in hand', open: 'Go on' },
  returned: { name: 'given back', open: 'Go on' },
  submitted: { name: 'handed in', open: 'Open again' },
  accepted: { name: 'accepted' },
  skipped: { name: 'skipped', open: 'Take it after all' },
};

export function WorkPage() {
  const work = useLoaded(getMeWork, {}, 30_000);
  return (
    <Shell title="My work">
      <Await loaded={work} what="your work">
        {(counts) => <Work counts={counts} />}
      </Await>
    </Shell>
  );
}

const filtersOf = (counts: readonly WorkCount[]): Filter[] => [
  {
    name: 'state',
    label: 'State',
    choices: [
      ['', 'any'],
      ...Object.entries(words).map(([state, { name }]) => {
        const all = counts.reduce((sum, { states }) => sum + (states[state] ?? 0), 0);
        return [state, all > 0 ? `${name} (${count(all)})` : name] as const;
      }),
    ],
  },
  {
    name: 'campaign',
    label: 'Campaign',
    choices: [['', 'all'], ...counts.map(({ campaign, name }) => [campaign, name] as const)],
  },
];

function Work({ counts }: { counts: WorkCount[] }) {
  const [params] = useSearchParams();
  const filters = filtersOf(counts);
  const query = queryOf(filters, params);
  query.set('limit', String(part));
  return (
    <>
      <Filters filters={filters} />
      <List key={String(query)} query={query} narrowed={query.size > 1} />
    </>
  );
}

function List({ query, narrowed }: { query: URLSearchParams; narrowed: boolean }) {
  const first = useLoaded(getMeAssignments, { query });
  const [more, setMore] = useState<OwnWork[]>([]);
  const [ended, setEnded] = useState(false);
  const { failure, attempt } = useAttempt(() => {});
  return (
    <Await loaded={first} what="your work">
      {(list) => {
        const all = [...list, ...more];
        if (all.length === 0)
          return <p>{narrowed ? 'Nothing of yours is like that.' : 'You have not drawn anything yet.'}</p>;
        const next = () =>
          attempt(async () => {
            const found = await ask(getMeAssignments, { query: [...query, ['before', all[all.length - 1].id]] });
            setMore((now) => [...now, ...found]);
            setEnded(found.length < part);
          });
        return (
          <>
            <Table
              caption="My work, the latest first"
              columns={[
                { name: 'Image' },
                { name: 'Campaign' },
                { name: 'State' },
                { name: 'Notes' },
                { name: 'Open' },
              ]}
              rows={all.map(rowOf)}
            />
            <p role="alert" className="failure">
              {failure}
            </p>
            {!ended && all.length % part === 0 && (
              <p>
                <button type="button" onClick={() => void next()}>
                  Show more
                </button>
              </p>
            )}
            <p className="hint">
              What you handed in can be opened again until a reviewer has looked at it. While you have it, it counts as
              not handed in.
            </p>
          </>
        );
      }}
    </Await>
  );
}

/** In the order of the columns. */
function rowOf({
  id,
  campaign,
  campaignName,
  image,
  state,
  corrector,
  reason,
  thread,
  updated,
}: OwnWork): React.ReactNode[] {
  const { name, open } = corrector ? { name: 'being corrected by a reviewer' } : words[state];
  return [
    <span key="image" className="with-thumbnail">
      <img src={addressOf(getAssignmentThumbnail, { params: { assignment: id } })} alt="" loading="lazy" />
      {image.name}
    </span>,
    campaignName,
    <span key="state">
      {name}, <time dateTime={updated}>{moment(updated)}</time>
    </span>,
    <div key="notes">
      {state === 'skipped' && reason !== null && <p>{reason}</p>}
      <ThreadInBrief thread={thread} of={image.name} />
    </div>,
    open && (
      <a
        key="open"
        className="button"
        href={`/campaigns/${campaign}/annotate?assignment=${id}`}
        aria-label={`${open}: ${image.name}`}
      >
        {open}
      </a>
    ),
  ];
}
