/** The classes of the campaign, and a search among them: choosing one adds a segment, or gives one another class. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { classColours, css, background as unknown } from '@saltworks/core/screen/colours';
import { useMemo, useState } from 'react';

/** How many matching categories are shown. */
const most = 60;

interface Props {
  categories: readonly LabelCategory[];
  search: React.RefObject<HTMLInputElement | null>;
  pick(category: LabelCategory): void;
  /** The segment to reclassify; undefined adds a new one. */
  of?: string;
  cancel(): void;
}

export function Classes({ categories, pick, of, cancel, search }: Props) {
  const [text, setText] = useState('');
  const shown = useMemo(() => classColours(categories), [categories]);
  const wanted = text.trim().toLowerCase();
  const found = categories.filter(({ name, retired }) => !retired && name.toLowerCase().includes(wanted));
  return (
    <div className="adding">
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
            {category.shortcut && <kbd>,{category.shortcut}</kbd>}
          </button>
        ))}
        {found.length === 0 && <p className="hint">No class of that name.</p>}
      </div>
    </div>
  );
}
