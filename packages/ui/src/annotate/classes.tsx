/** The classes of the campaign, and a search among them: choosing one adds a segment, or gives one another class. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { classColours, css, background as unknown } from '@saltworks/core/screen/colours';
import { useMemo, useState } from 'react';
import { ClassCard, useClassCard } from './class-card.tsx';

/** How many matching categories are shown. */
const most = 60;

interface Props {
  campaign: string;
  categories: readonly LabelCategory[];
  search: React.RefObject<HTMLInputElement | null>;
  pick(category: LabelCategory): void;
  /** The segment to reclassify; undefined adds a new one. */
  of?: string;
  cancel(): void;
}

export function Classes({ campaign, categories, pick, of, cancel, search }: Props) {
  const [text, setText] = useState('');
  const card = useClassCard();
  const shown = useMemo(() => classColours(categories), [categories]);
  const wanted = text.trim().toLowerCase();
  const found = categories.filter(({ name, retired }) => !retired && name.toLowerCase().includes(wanted));
  const actOf = ({ name }: LabelCategory) => (of ? `${of} becomes ${name}` : `New ${name}`);
  const titleOf = (category: LabelCategory) =>
    actOf(category) + (category.description ? `: ${category.description}` : '');
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
            {...card.of(category)}
            onClick={() => {
              card.close();
              pick(category);
              setText('');
            }}
            title={category.pictures?.length ? undefined : titleOf(category)}
          >
            <span className="swatch" style={{ background: css(shown.get(category.id) ?? unknown) }} />
            {category.name}
            {!of && ' +'}
            {category.shortcut && <kbd>,{category.shortcut}</kbd>}
          </button>
        ))}
        {card.about && (
          <ClassCard
            key={card.about.category.id}
            campaign={campaign}
            about={card.about}
            title={actOf(card.about.category)}
            stay={card.stay}
            leave={card.leave}
          />
        )}
        {found.length === 0 && <p className="hint">No class of that name.</p>}
      </div>
    </div>
  );
}
