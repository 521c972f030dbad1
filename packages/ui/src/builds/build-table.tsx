/** Builds in a table, the newest first. */
import type { BuildInfo } from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { count, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { pathOf } from './subject.ts';
import { settingsOf, short, stateOf } from './words.ts';

export const BuildTable = ({ of, builds }: { of: Subject; builds: readonly BuildInfo[] }) => (
  <Table
    caption="Builds"
    columns={[
      { name: 'Build' },
      { name: 'State' },
      { name: 'Made' },
      { name: 'Why' },
      { name: 'By' },
      { name: 'Keys and preset' },
      { name: 'Images', number: true },
      { name: 'Kept', number: true },
      { name: 'Compare' },
    ]}
    rows={builds.map((build) => {
      const { id, current, made, why, by, images, kept, base, state } = build;
      return [
        <a key="id" href={pathOf(of, id)} title={id}>
          <code>{short(id)}</code>
        </a>,
        <span key="state" className={current ? 'tag current' : state === 'held' ? 'tag held' : 'tag'}>
          {stateOf(build)}
        </span>,
        <time key="made" dateTime={made}>
          {moment(made)}
        </time>,
        why,
        by ?? '–',
        settingsOf(build),
        count(images),
        count(kept),
        base === null || state === 'making' ? (
          '–'
        ) : (
          <a key="compare" href={pathOf(of, id, 'compared')} aria-label={`Compare ${short(id)} with ${short(base)}`}>
            with <code>{short(base)}</code>
          </a>
        ),
      ];
    })}
  />
);
