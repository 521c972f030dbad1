/** A segment in the list: its name, its area, its eye and lock, and a menu of what can be done with it. */
import type { GivenOrigin } from '@saltworks/contract/documents/scribbles';
import { Eye, EyeOff, Lock, LockOpen } from 'lucide-react';
import { memo } from 'react';
import { Menu } from '../menu.tsx';

/** What can be done with a segment. */
export interface SegmentActs {
  choose(segment: number): void;
  /** Lock or unlock it, hide or show it. */
  lock(segment: number): void;
  hide(segment: number): void;
  /** Ask for another class of it; ask which segment takes it in. */
  askClass(segment: number): void;
  askMerge(segment: number): void;
  /** Take it for right as it was given. */
  accept(segment: number): void;
  /** Begin another like it; move it up (−1) or down (1) in the list. */
  duplicate(segment: number): void;
  move(by: -1 | 1, segment: number): void;
  /** Make a segment of each of its parts; delete it. */
  split(segment: number): void;
  remove(segment: number): void;
  /** Show it large. */
  zoomTo(segment: number): void;
  /** Ask where else in the dataset something looks like it; absent for those who may not. */
  whereElse?(segment: number): void;
  /** Show the next place without a label. */
  unlabelled(): void;
}

interface Props extends SegmentActs {
  /** 0 is the background: whatever no other segment has. */
  id: number;
  name: string;
  /** Which of its class it is; undefined for the background. */
  count?: number;
  colour: string;
  chosen: boolean;
  drawn: boolean;
  /** Nobody named it: the image began with it. */
  origin?: GivenOrigin;
  /** Somebody took it for right as it was given. */
  accepted?: boolean;
  /** The key that chooses the segment. */
  digit?: number;
  /** Its pixels, once they are known, and the image's. */
  area?: number;
  size: number;
  locked: boolean;
  hidden: boolean;
  /** Whether it is in the drawing: a segment without a stroke may not be yet. */
  named: boolean;
}

export const SegmentRow = memo(function SegmentRow({
  id,
  name,
  count,
  colour,
  chosen,
  drawn,
  origin,
  accepted,
  digit,
  area,
  size,
  locked,
  hidden,
  named,
  ...acts
}: Props) {
  const full = count === undefined ? name : `${name} ${count}`;
  const items = () =>
    id === 0
      ? [{ name: 'Next unlabelled place', keys: 'J', run: acts.unlabelled }]
      : [
          ...(origin && !accepted
            ? [{ name: 'Accept', keys: 'Shift O', title: 'It is right as it is', run: () => acts.accept(id) }]
            : []),
          { name: 'Change class…', keys: 'R', run: () => acts.askClass(id) },
          { name: 'Merge into…', keys: 'Shift M', title: 'Another segment takes it in', run: () => acts.askMerge(id) },
          { name: 'Split', keys: 'Shift S', title: 'Each of its parts becomes a segment', run: () => acts.split(id) },
          {
            name: 'Another like it',
            keys: 'Shift D',
            title: 'A new segment of its class and values',
            run: () => acts.duplicate(id),
          },
          { name: 'Move up', keys: 'Shift ↑', run: () => acts.move(-1, id) },
          { name: 'Move down', keys: 'Shift ↓', run: () => acts.move(1, id) },
          { name: 'Zoom to it', keys: 'Shift F', run: () => acts.zoomTo(id) },
          ...(acts.whereElse
            ? [{ name: 'Where else?', title: 'What looks like it in other images', run: () => acts.whereElse?.(id) }]
            : []),
          { name: 'Delete', keys: 'Delete', title: 'With its strokes', run: () => acts.remove(id) },
        ];
  return (
    <li className={hidden ? 'hidden' : undefined}>
      <button type="button" aria-pressed={chosen} onClick={() => acts.choose(id)}>
        <span className="swatch" style={{ background: colour }} />
        <span className="name">
          {name}
          {count !== undefined && <small> {count}</small>}
          {origin && <small> {accepted ? 'accepted' : origin}</small>}
        </span>
        {area !== undefined && area > 0 ? (
          <small className="area" title={`${area.toLocaleString('en')} pixels`}>
            {id === 0 && <span>unlabelled</span>}
            {shareText(area / size)}
          </small>
        ) : (
          !drawn && <small className="area">not drawn</small>
        )}
        {digit !== undefined && <kbd>{digit}</kbd>}
      </button>
      {named && (
        <span className="acts">
          {id > 0 && (
            <button
              type="button"
              className="bare"
              aria-label={`${hidden ? 'Show' : 'Hide'} ${full}`}
              title={`${hidden ? 'Show' : 'Hide'} (Shift H)`}
              onClick={() => acts.hide(id)}
            >
              {hidden ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
            </button>
          )}
          <button
            type="button"
            className={locked ? 'bare on' : 'bare'}
            aria-label={`${locked ? 'Unlock' : 'Lock'} ${full}`}
            title={locked ? 'Unlock (V)' : 'Lock: no stroke changes its pixels (V)'}
            onClick={() => acts.lock(id)}
          >
            {locked ? <Lock aria-hidden="true" /> : <LockOpen aria-hidden="true" />}
          </button>
          <Menu name={`More for ${full}`} items={items} />
        </span>
      )}
    </li>
  );
});

/** @param share 0 … 1, not 0 */
const shareText = (share: number) => (share < 0.001 ? '< 0.1 %' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);
