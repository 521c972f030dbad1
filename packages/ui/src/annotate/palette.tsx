/** Segments of the picture, and how new ones come. */
import type { Drawing, LabelCategory } from '@saltworks/core/contract/annotate';
import { useState } from 'react';
import { css, type Rgb } from './colours.ts';

interface Props {
  segments: Drawing['segments'];
  strokes: Drawing['strokes'];
  categories: readonly LabelCategory[];
  colours: ReadonlyMap<number, Rgb>;
  chosen: number;
  choose(segment: number): void;
  add(category: LabelCategory): void;
  search: React.RefObject<HTMLInputElement | null>;
}

export function Palette({ segments, strokes, categories, colours, chosen, choose, add, search }: Props) {
  const [text, setText] = useState('');
  const found = categories.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const nameOf = (id: number) => categories.find((category) => category.id === id)?.name ?? 'unknown';
  const drawnOn = (id: number) => strokes.some(({ segment }) => segment === id);
  const rows = [{ id: 0, name: 'Background' }, ...segments.map(({ id, category }) => ({ id, name: nameOf(category) }))];
  return (
    <section className="palette" aria-label="Segments">
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
        {found.slice(0, 60).map((category) => (
          <button
            key={category.id}
            type="button"
            className="class"
            onClick={() => add(category)}
            title={`New ${category.name}`}
          >
            <span className="swatch" style={{ background: category.colour }} />
            {category.name} +
          </button>
        ))}
        {found.length === 0 && <p className="hint">No class of that name.</p>}
      </div>
      <ul className="segments" aria-label="Segments of this image">
        {rows.map(({ id, name }, index) => (
          <li key={id}>
            <button type="button" aria-pressed={chosen === id} onClick={() => choose(id)}>
              <span className="swatch" style={{ background: css(colours.get(id) ?? [128, 128, 128]) }} />
              <span className="name">
                {name}
                {id > 0 && <small> {id}</small>}
              </span>
              {!drawnOn(id) && <small className="undrawn">not drawn</small>}
              {index < 10 && <kbd>{index}</kbd>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
