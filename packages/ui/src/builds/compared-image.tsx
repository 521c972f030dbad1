/** One image of a comparison: the slider, its figures, its marks. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getDatasetImageThumbnail, getDatasetImageView } from '@saltworks/contract/api/mask-sets';
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { type ColouredClass, css, namedColours, namesOf } from '@saltworks/core/screen/colours';
import { useMemo } from 'react';
import { Legend, legendOf } from '../legend.tsx';
import { percent, score } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { BeforeAfter } from './before-after.tsx';
import { type ChangeKind, changeColours, changeKinds } from './difference.ts';
import type { Mark } from './marks.ts';
import { type Pair, useMasks } from './masks.ts';
import { causes } from './words.ts';

export interface View {
  masked: boolean;
  differing: boolean;
  /** Where the slider stands, percent. */
  at: number;
}

interface Props {
  pair: Pair;
  dataset: string;
  classes: readonly ColouredClass<string>[];
  image: ComparedImage;
  view: View;
  change(changes: Partial<View>): void;
  /** Absent where nothing can be decided. */
  decide?: { mark: Mark | undefined; set(mark: Mark): void };
  step(by: 1 | -1): void;
}

export function ComparedImageView({ pair, dataset, classes, image, view, change, decide, step }: Props) {
  const masks = useMasks(pair, image);
  const colours = useMemo(() => namedColours(image.segments, classes), [image, classes]);
  const place = { params: { dataset, image: String(image.id) } };
  const failure = masks instanceof Error ? masks.message : image.reason;
  const read = masks instanceof Error ? undefined : masks;
  const { masked, differing, at } = view;
  return (
    <section className="compared" aria-label={image.name}>
      <div className="panel-head">
        <h2>{image.name}</h2>
        <span className="buttons">
          <button type="button" onClick={() => step(-1)} aria-keyshortcuts="K">
            Previous
          </button>
          <button type="button" onClick={() => step(1)} aria-keyshortcuts="J">
            Next
          </button>
        </span>
      </div>
      <BeforeAfter
        key={image.id}
        name={image.name}
        image={addressOf(getDatasetImageView, place)}
        instead={addressOf(getDatasetImageThumbnail, place)}
        masks={read}
        colours={colours}
        masked={masked}
        differing={differing}
        at={at}
        move={(at) => change({ at })}
      />
      {failure && (
        <p role="alert" className="failure">
          {failure}
        </p>
      )}
      <p className="actions">
        <button type="button" onClick={() => change(toggled(view))} aria-keyshortcuts="Space" disabled={differing}>
          {at > 50 ? 'Show after' : 'Show before'}
        </button>
        <button
          type="button"
          aria-pressed={differing}
          aria-keyshortcuts="V"
          onClick={() => change({ differing: !differing })}
        >
          Difference
        </button>
        <button
          type="button"
          aria-pressed={masked}
          aria-keyshortcuts="M"
          disabled={differing}
          onClick={() => change({ masked: !masked })}
        >
          Masks
        </button>
        {decide && (
          <>
            <span className="space" />
            <span className="buttons">
              <button
                type="button"
                aria-pressed={decide.mark === 'take'}
                aria-keyshortcuts="A"
                onClick={() => decide.set('take')}
              >
                Take new
              </button>
              <button
                type="button"
                aria-pressed={decide.mark === 'keep'}
                aria-keyshortcuts="X"
                onClick={() => decide.set('keep')}
              >
                Keep old
              </button>
            </span>
          </>
        )}
      </p>
      {differing && read ? (
        <ul className="chips legend" aria-label="Kinds of change">
          {changeKinds.map((kind) => (
            <li key={kind}>
              <span className="swatch" style={{ background: css(changeColours[kind]) }} />
              {kindWords[kind]} {percent(read.difference.counts[kind] / read.difference.kinds.length)}
            </li>
          ))}
        </ul>
      ) : (
        <Legend entries={legendOf(image.segments, colours, namesOf(classes))} />
      )}
      <p className="hint">{saidOf(image)}</p>
      {image.segments.length > 0 && (
        <details className="more">
          <summary>Segments in figures</summary>
          <Table
            caption="Segments of the image"
            columns={[
              { name: 'Segment' },
              { name: 'Class' },
              { name: 'IoU', number: true },
              { name: 'Pixels before', number: true },
              { name: 'Pixels after', number: true },
            ]}
            rows={image.segments.map(({ id, category, iou, before, after }) => [
              id,
              category,
              score(iou),
              before.toLocaleString('en'),
              after.toLocaleString('en'),
            ])}
          />
        </details>
      )}
    </section>
  );
}

/** From before to after, or back, whatever the slider shows now. */
export const toggled = ({ at }: View): Partial<View> => ({ at: at > 50 ? 0 : 100 });

const kindWords: Record<ChangeKind, string> = {
  lost: 'lost',
  gained: 'gained',
  other: 'another segment',
};

function saidOf({ changed, why, kept, known, unjudged, accepted, reason }: ComparedImage): string {
  const judged = (of: string, found: { before: number; after: number } | undefined) =>
    found ? [`IoU with its ${of} mask ${score(found.before)} → ${score(found.after)}.`] : [];
  if (reason) return '';
  return [
    `${percent(changed)} of its pixels changed${why.length > 0 ? `: ${why.map((each) => causes[each]).join(', ')}` : ''}.`,
    ...judged('known', known),
    ...(unjudged ? [`Its known mask says nothing: ${unjudged}.`] : []),
    ...judged('accepted', accepted),
    ...(kept === 'accepted'
      ? ['A reviewer accepted the mask before: it stays, unless you take the new one.']
      : kept === 'chosen'
        ? ['Somebody chose the mask before: it stays, unless you take the new one.']
        : []),
  ].join(' ');
}
