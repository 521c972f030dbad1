/** What the page advises once the pen rests: a stroke that looks wrong, and how good the labels are likely to be. */
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import { qualityText } from './quality.ts';

interface Props extends Pick<OpenAssignment, 'accepted'> {
  /** The stroke that looks wrong, in words. */
  suspect?: { text: string; stroke: number };
  show?(): void;
  erase(stroke: number): void;
  /** The IoU to be expected of the labels. */
  expected?: number;
}

export function Advice({ suspect, show, erase, expected, accepted }: Props) {
  return (
    <section className="advice" aria-label="Advice">
      <p role="status">{suspect?.text}</p>
      {suspect && (
        <>
          <button type="button" onClick={show} title="Mark the stroke (D)">
            Show
          </button>
          <button type="button" onClick={() => erase(suspect.stroke)} title="Erase the stroke (D, then Delete)">
            Erase
          </button>
        </>
      )}
      <p>{expected !== undefined && qualityText(expected, accepted)}</p>
    </section>
  );
}
