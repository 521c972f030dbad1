/** The images of a comparison, looked through one by one. */
import { getBuildComparisonImages } from '@saltworks/contract/api/builds';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { type ComparedImage, type Comparison, changeCauses } from '@saltworks/contract/documents/comparisons';
import { type ColouredClass, namesOf } from '@saltworks/core/screen/colours';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useShortcuts } from '../annotate/shortcuts.ts';
import { ask } from '../api.ts';
import type { Feed } from '../datasets/feed.ts';
import { type Filter, Filters, queryOf } from '../datasets/filters.tsx';
import { useFeed } from '../datasets/use-feed.ts';
import { count, counted } from '../plots/figures.ts';
import { Trouble } from '../states.tsx';
import { ChangeList } from './change-list.tsx';
import { ComparedImageView, toggled, type View } from './compared-image.tsx';
import { type Mark, type Marks, markOf, setMark, undoMark } from './marks.ts';
import { masksOf, type Pair } from './masks.ts';
import { textOf } from './subject.ts';
import { causes } from './words.ts';

interface Props {
  pair: Pair;
  dataset: string;
  comparison: Comparison;
  classes: readonly ColouredClass<string>[];
  /** Absent where nothing can be decided. */
  marks?: { now: Marks; set(marks: Marks): void };
  view: View;
  change(changes: Partial<View>): void;
}

const allOf = ({ images, added, removed, failed }: Comparison) => images + added + removed + failed;

const filtersOf = (
  { why, kept }: Comparison,
  categories: readonly string[],
  nameOf: (category: string) => string,
): Filter[] => [
  {
    name: 'category',
    label: 'Class',
    choices: [['', 'any'], ...categories.map((category) => [category, nameOf(category)] as const)],
  },
  {
    name: 'why',
    label: 'Reason',
    choices: [
      ['', 'any'],
      ...changeCauses.filter((cause) => (why[cause] ?? 0) > 0).map((cause) => [cause, causes[cause]] as const),
    ],
  },
  ...(kept > 0
    ? [
        {
          name: 'kept',
          label: 'Kept',
          choices: [
            ['', 'any'],
            ['true', 'as people left them'],
            ['false', 'made anew'],
          ] as const,
        },
      ]
    : []),
];

export function Look({ pair, dataset, comparison, classes, marks, view, change }: Props) {
  const [params] = useSearchParams();
  // Images that are kept have classes that the comparison does not count.
  const categories = new Set([...comparison.classes.map(({ category }) => category), ...classes.map(({ id }) => id)]);
  categories.delete('');
  const filters = filtersOf(comparison, [...categories], namesOf(classes));
  const chosenFilters = queryOf(filters, params);
  const query = new URLSearchParams(chosenFilters);
  if (pair.before !== null) query.set('before', pair.before);
  query.set('limit', '100');
  const place = { params: { subject: textOf(pair.of), build: pair.after } };
  const address = addressOf(getBuildComparisonImages, { ...place, query });
  const { feed, state, look } = useFeed<ComparedImage>(address, (after) =>
    ask(getBuildComparisonImages, { ...place, query: after === null ? query : [...query, ['after', after]] }),
  );
  const [chosen, setChosen] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address is another list
  useEffect(() => setChosen(0), [address]);
  // Scrolled out of sight, the chosen image is no longer in the feed.
  const held = useRef<{ feed?: Feed<ComparedImage>; index: number; image?: ComparedImage }>({ index: -1 });
  const found = feed?.at(chosen);
  if (found) held.current = { feed, index: chosen, image: found };
  const image = found ?? (held.current.feed === feed && held.current.index === chosen ? held.current.image : undefined);
  const next = feed?.at(chosen + 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once an image
  useEffect(() => {
    if (next) masksOf(pair, next).catch(() => {});
  }, [next?.id]);

  const known = state?.count ?? 0;
  const room = useRef<HTMLDivElement>(null);
  const step = (by: 1 | -1) => {
    setChosen((now) => Math.max(0, Math.min(known - 1, now + by)));
    room.current?.scrollIntoView({ block: 'nearest' });
  };
  const decide = (mark: Mark) => {
    if (!marks || !image) return;
    const taken = markOf(marks.now, image.id) === mark;
    marks.set(setMark(marks.now, image.id, mark));
    // A mark that is taken away is looked at again.
    if (!taken) step(1);
  };
  const undo = () => {
    const undone = marks && undoMark(marks.now);
    if (!undone) return;
    marks.set(undone.marks);
    // The image is mostly the one before: a mark leads on to the next.
    for (let index = chosen; index >= 0; index--) if (feed?.at(index)?.id === undone.image) return setChosen(index);
  };
  useShortcuts([
    { keys: ['z', 'mod+z'], show: '', label: '', run: undo },
    { keys: ['j', 'arrowdown', 'arrowright'], show: '', label: '', run: () => step(1) },
    { keys: ['k', 'arrowup', 'arrowleft'], show: '', label: '', run: () => step(-1) },
    { keys: ['a'], show: '', label: '', run: () => decide('take') },
    { keys: ['x'], show: '', label: '', run: () => decide('keep') },
    { keys: [' '], show: '', label: '', run: () => change(toggled(view)) },
    { keys: ['v'], show: '', label: '', run: () => change({ differing: !view.differing }) },
    { keys: ['m'], show: '', label: '', run: () => change({ masked: !view.masked }) },
  ]);
  if (!feed || !state) return null;
  const narrowed = [...chosenFilters.keys()].length > 0;
  const total = narrowed ? (state.complete ? state.count : undefined) : allOf(comparison);
  return (
    <>
      <Filters filters={filters}>
        <p className="hint" role="status">
          {total === undefined ? `${count(state.count)} and more` : counted(total, 'image')}
        </p>
      </Filters>
      {state.error && <Trouble error={state.error} again={() => feed.again()} />}
      {state.complete && state.count === 0 ? (
        <p className="empty">{narrowed ? 'No image is like that.' : 'There is no image to compare.'}</p>
      ) : (
        <div ref={room} className="look">
          <ChangeList
            key={address}
            dataset={dataset}
            count={state.count}
            at={(index) => feed.at(index)}
            look={look}
            chosen={chosen}
            choose={setChosen}
            markOf={(id) => marks && markOf(marks.now, id)}
          />
          {image ? (
            <ComparedImageView
              pair={pair}
              dataset={dataset}
              classes={classes}
              image={image}
              view={view}
              change={change}
              decide={marks && { mark: markOf(marks.now, image.id), set: decide }}
              step={step}
            />
          ) : (
            !state.error && (
              <p className="loading" role="status">
                Loading images…
              </p>
            )
          )}
        </div>
      )}
    </>
  );
}

/** For the sheet behind "?". */
export const lookKeys = [
  ['J K', 'next and previous image'],
  ['A', 'take the new mask'],
  ['X', 'keep the old mask'],
  ['Z', 'undo the last mark'],
  ['Space', 'before and after'],
  ['V', 'difference in colour'],
  ['M', 'masks on and off'],
] as const;
