/** The segments of the image, and below them the classes that new ones may have. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { countedSegments } from '@saltworks/core/drawing/classes';
import { css, type Rgb, background as unknown } from '@saltworks/core/screen/colours';
import { memo, useMemo } from 'react';
import { Classes } from './classes.tsx';
import { countsOf, nameOf } from './names.ts';
import { type SegmentActs, SegmentRow } from './segment-row.tsx';

interface Props extends SegmentActs {
  campaign: string;
  /** Takes no input. */
  inert: boolean;
  segments: Drawing['segments'];
  /** Ids of those that have strokes. */
  drawn: ReadonlySet<number>;
  categories: readonly LabelCategory[];
  colours: ReadonlyMap<number, Rgb>;
  chosen: number;
  /** Whether the segments are the drawing's own: only then can the annotator do more than draw them. */
  named: boolean;
  /** The next category chosen reclassifies the chosen segment. */
  classing: boolean;
  setClassing(on: boolean): void;
  add(category: LabelCategory): void;
  classify(category: LabelCategory): void;
  /** Pixels by segment, once they are known; pixels of the image. */
  areas?: ReadonlyMap<number, number>;
  size: number;
  locked: ReadonlySet<number>;
  hidden: ReadonlySet<number>;
  search: React.RefObject<HTMLInputElement | null>;
  /** Between the list and the classes; the same from one stroke to the next. */
  between: React.ReactNode;
}

/** Memoised: none of its props changes while the annotator draws. */
export const Palette = memo(function Palette({
  campaign,
  inert,
  segments,
  drawn,
  categories,
  colours,
  chosen,
  named,
  classing,
  setClassing,
  add,
  classify,
  areas,
  size,
  locked,
  hidden,
  search,
  between,
  ...acts
}: Props) {
  const names = useMemo(() => new Map(categories.map(({ id, name }) => [id, name])), [categories]);
  // What was drawn of a class that was merged into another counts as that one.
  const counted = useMemo(() => countedSegments(segments, categories), [segments, categories]);
  const counts = useMemo(() => countsOf(counted), [counted]);
  const rows = [
    { id: 0, name: 'Background', origin: undefined, accepted: undefined },
    ...counted.map(({ id, category, name, origin, accepted }) => ({
      id,
      name: `${names.get(category) ?? 'unknown'}${name === undefined ? '' : ` “${name}”`}`,
      ...{ origin, accepted },
    })),
  ];
  return (
    <section className="palette" aria-label="Segments" inert={inert}>
      <ul className="segments" aria-label="Segments of this image">
        {rows.map(({ id, name, origin, accepted }, index) => (
          <SegmentRow
            key={id}
            id={id}
            name={name}
            count={counts.get(id)}
            colour={css(colours.get(id) ?? unknown)}
            chosen={chosen === id}
            drawn={drawn.has(id)}
            origin={origin}
            accepted={accepted}
            digit={index < 10 ? index : undefined}
            area={areas && (areas.get(id) ?? 0)}
            size={size}
            locked={locked.has(id)}
            hidden={hidden.has(id)}
            named={id === 0 || named}
            {...acts}
          />
        ))}
      </ul>
      {between}
      <Classes
        campaign={campaign}
        categories={categories}
        pick={classing ? classify : add}
        of={classing ? nameOf(chosen, segments, categories) : undefined}
        cancel={() => setClassing(false)}
        search={search}
      />
    </section>
  );
});
