/** The list of segments, and the search that adds more. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { classColours, css, type Rgb, background as unknown } from '@saltworks/core/screen/colours';
import { memo, useDeferredValue, useMemo, useState } from 'react';
import { nameOf } from './names.ts';

interface Props {
  /** Takes no input. */
  inert: boolean;
  segments: Drawing['segments'];
  strokes: Drawing['strokes'];
  categories: readonly LabelCategory[];
  colours: ReadonlyMap<number, Rgb>;
  chosen: number;
  /** Whether the chosen segment is named: only then can the annotator delete or reclassify it. */
  named: boolean;
  /** The next category chosen reclassifies the chosen segment. */
  classing: boolean;
  setClassing(on: boolean): void;
  choose(segment: number): void;
  add(category: LabelCategory): void;
  /** For the chosen segment: ask for another category, set it, delete the segment. */
  askClass(): void;
  classify(category: LabelCategory): void;
  remove(): void;
  /** Pixels by segment, once they are known; segments that are locked, and hidden. */
  areas?: ReadonlyMap<number, number>;
  locked: ReadonlySet<number>;
  hidden: ReadonlySet<number>;
  /** For the chosen segment: lock or unlock it, hide or show it, ask what to merge it into, split it. */
  lock(): void;
  hide(): void;
  askMerge(): void;
  split(): void;
  search: React.RefObject<HTMLInputElement | null>;
}

/** Memoised: none of its props changes while the annotator draws. */
export const Palette = memo(function Palette({
  inert,
  segments,
  strokes,
  categories,
  colours,
  chosen,
  named,
  classing,
  setClassing,
  askClass,
  choose,
  add,
  classify,
  remove,
  areas,
  locked,
  hidden,
  lock,
  hide,
  askMerge,
  split,
  search,
}: Props) {
  const names = useMemo(() => new Map(categories.map(({ id, name }) => [id, name])), [categories]);
  // A long list may render a moment after the ink.
  const drawn = useDeferredValue(useMemo(() => new Set(strokes.map(({ segment }) => segment)), [strokes]));
  const rows = [
    { id: 0, name: 'Background' },
    ...segments.map(({ id, category }) => ({ id, name: names.get(category) ?? 'unknown' })),
  ];
  return (
    <section className="palette" aria-label="Segments" inert={inert}>
      <Classes
        categories={categories}
        pick={classing ? classify : add}
        of={classing ? nameOf(chosen, segments, categories) : undefined}
        cancel={() => setClassing(false)}
        search={search}
      />
      <ul className="segments" aria-label="Segments of this image">
        {rows.map(({ id, name }, index) => (
          <Row
            key={id}
            id={id}
            name={name}
            colour={css(colours.get(id) ?? unknown)}
            chosen={chosen === id}
            drawn={drawn.has(id)}
            digit={index < 10 ? index : undefined}
            choose={choose}
            area={areas?.get(id)}
            locked={locked.has(id)}
            hidden={hidden.has(id)}
            {...(id === chosen ? { lock } : {})}
            {...(named && id > 0 && id === chosen ? { askClass, remove, hide, askMerge, split } : {})}
          />
        ))}
      </ul>
    </section>
  );
});

interface RowProps {
  id: number;
  name: string;
  colour: string;
  chosen: boolean;
  drawn: boolean;
  /** The key that chooses the segment. */
  digit?: number;
  choose(segment: number): void;
  area?: number;
  locked: boolean;
  hidden: boolean;
  lock?(): void;
  askClass?(): void;
  remove?(): void;
  hide?(): void;
  askMerge?(): void;
  split?(): void;
}

const Row = memo(function Row({ id, name, colour, chosen, drawn, digit, area, locked, hidden, ...act }: RowProps) {
  const { choose, askClass, remove, lock, hide, askMerge, split } = act;
  const acts = [
    { run: lock, text: locked ? 'Unlock' : 'Lock', key: 'V', title: 'No stroke changes its pixels' },
    { run: askClass, text: 'Class…', label: 'Another class for', key: 'R', title: 'Another class' },
    { run: askMerge, text: 'Merge…', key: 'Shift M', title: 'Give its strokes to another segment' },
    { run: split, text: 'Split', key: 'Shift S', title: 'Each of its parts becomes a segment' },
    { run: hide, text: hidden ? 'Show' : 'Hide', key: 'Shift H', title: 'On the screen only' },
    { run: remove, text: 'Delete', key: 'Delete', title: 'Delete it, with its strokes' },
  ];
  return (
    <li>
      <button type="button" aria-pressed={chosen} onClick={() => choose(id)}>
        <span className="swatch" style={{ background: colour }} />
        <span className="name">
          {name}
          {id > 0 && <small> {id}</small>}
        </span>
        {area !== undefined && <small className="area">{area} px</small>}
        {locked && <small className="undrawn">locked</small>}
        {hidden && <small className="undrawn">hidden</small>}
        {!drawn && <small className="undrawn">not drawn</small>}
        {digit !== undefined && <kbd>{digit}</kbd>}
      </button>
      {lock && (
        <span className="acts">
          {acts
            .filter(({ run }) => run)
            .map(({ run, text, label = text, key, title }) => (
              <button
                key={key}
                type="button"
                className="act"
                onClick={run}
                aria-label={`${label.replace('…', '')} ${name}${id > 0 ? ` ${id}` : ''}`}
                title={`${title} (${key})`}
              >
                {text}
              </button>
            ))}
        </span>
      )}
    </li>
  );
});

/** How many matching categories are shown. */
const most = 60;

interface ClassesProps extends Pick<Props, 'categories' | 'search'> {
  pick(category: LabelCategory): void;
  /** The segment to reclassify; undefined adds a new one. */
  of?: string;
  cancel(): void;
}

function Classes({ categories, pick, of, cancel, search }: ClassesProps) {
  const [text, setText] = useState('');
  const shown = useMemo(() => classColours(categories), [categories]);
  const wanted = text.trim().toLowerCase();
  const found = categories.filter(({ name, retired }) => !retired && name.toLowerCase().includes(wanted));
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (found.length > 0 && text.trim()) {
            pick(found[0]);
            setText('');
            search.current?.blur();
          }
        }}
      >
        <input
          ref={search}
          type="search"
          value={text}
          placeholder={of ? `Another class for ${of}…` : 'New segment: class… (C)'}
          aria-label={of ? `Another class for ${of}` : 'Class of a new segment'}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              setText('');
              cancel();
              event.currentTarget.blur();
            }
          }}
        />
      </form>
      {of && (
        <p className="hint">
          Another class for {of}: choose it.{' '}
          <button type="button" className="class" onClick={cancel}>
            Cancel
          </button>
        </p>
      )}
      <div className="classes">
        {found.slice(0, most).map((category) => (
          <button
            key={category.id}
            type="button"
            className="class"
            onClick={() => {
              pick(category);
              setText('');
            }}
            title={`${of ? `${of} becomes ${category.name}` : `New ${category.name}`}${category.description ? `: ${category.description}` : ''}`}
          >
            <span className="swatch" style={{ background: css(shown.get(category.id) ?? unknown) }} />
            {category.name}
            {!of && ' +'}
          </button>
        ))}
        {found.length === 0 && <p className="hint">No class of that name.</p>}
      </div>
    </>
  );
}
