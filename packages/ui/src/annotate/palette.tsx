/** Segments of the picture, and how new ones come. */

import { classColours, css, type Rgb, background as unknown } from '@saltworks/core/colours';
import type { Drawing, LabelCategory } from '@saltworks/core/contract/annotate';
import { memo, useDeferredValue, useMemo, useState } from 'react';

interface Props {
  /** Out of reach. */
  inert: boolean;
  segments: Drawing['segments'];
  strokes: Drawing['strokes'];
  categories: readonly LabelCategory[];
  colours: ReadonlyMap<number, Rgb>;
  chosen: number;
  choose(segment: number): void;
  add(category: LabelCategory): void;
  search: React.RefObject<HTMLInputElement | null>;
}

/** Looks at nothing that changes while somebody draws. */
export const Palette = memo(function Palette({
  inert,
  segments,
  strokes,
  categories,
  colours,
  chosen,
  choose,
  add,
  search,
}: Props) {
  const names = useMemo(() => new Map(categories.map(({ id, name }) => [id, name])), [categories]);
  // Rows that are many may come a moment after the ink.
  const drawn = useDeferredValue(useMemo(() => new Set(strokes.map(({ segment }) => segment)), [strokes]));
  const rows = [
    { id: 0, name: 'Background' },
    ...segments.map(({ id, category }) => ({ id, name: names.get(category) ?? 'unknown' })),
  ];
  return (
    <section className="palette" aria-label="Segments" inert={inert}>
      <Classes categories={categories} add={add} search={search} />
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
  /** The key that chooses it. */
  digit?: number;
  choose(segment: number): void;
}

const Row = memo(function Row({ id, name, colour, chosen, drawn, digit, choose }: RowProps) {
  return (
    <li>
      <button type="button" aria-pressed={chosen} onClick={() => choose(id)}>
        <span className="swatch" style={{ background: colour }} />
        <span className="name">
          {name}
          {id > 0 && <small> {id}</small>}
        </span>
        {!drawn && <small className="undrawn">not drawn</small>}
        {digit !== undefined && <kbd>{digit}</kbd>}
      </button>
    </li>
  );
});

/** Classes are searched among; so many are shown. */
const most = 60;

function Classes({ categories, add, search }: Pick<Props, 'categories' | 'add' | 'search'>) {
  const [text, setText] = useState('');
  const shown = useMemo(() => classColours(categories), [categories]);
  const found = categories.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (found.length > 0 && text.trim()) {
            add(found[0]);
            setText('');
            search.current?.blur();
          }
        }}
      >
        <input
          ref={search}
          type="search"
          value={text}
          placeholder="New segment: class… (C)"
          aria-label="Class of a new segment"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              setText('');
              event.currentTarget.blur();
            }
          }}
        />
      </form>
      <div className="classes">
        {found.slice(0, most).map((category) => (
          <button
            key={category.id}
            type="button"
            className="class"
            onClick={() => add(category)}
            title={`New ${category.name}`}
          >
            <span className="swatch" style={{ background: css(shown.get(category.id) ?? unknown) }} />
            {category.name} +
          </button>
        ))}
        {found.length === 0 && <p className="hint">No class of that name.</p>}
      </div>
    </>
  );
}
