/** One image, as large as the window allows. */

import { keyOf } from '../annotate/shortcuts.ts';
import { Dialog } from '../dialog.tsx';
import { Legend } from '../legend.tsx';
import { Mark } from './mark.tsx';
import { Photograph } from './photograph.tsx';
import type { Shown } from './shown.ts';

interface Props {
  image: Shown;
  masked: boolean;
  /** Absent where no image has a mask. */
  toggleMask?(): void;
  step(by: 1 | -1): void;
  close(): void;
}

export function Large({ image, masked, toggleMask, step, close }: Props) {
  const keys: Partial<Record<string, () => void>> = {
    m: toggleMask,
    arrowleft: () => step(-1),
    arrowright: () => step(1),
  };
  return (
    <Dialog
      title={image.name}
      close={close}
      large
      onKeyDown={(event) => {
        const run = keys[keyOf(event.nativeEvent)];
        if (run) event.preventDefault();
        run?.();
      }}
    >
      <div className="large">
        <Photograph
          key={image.image}
          image={image.image}
          instead={image.thumbnail}
          mask={image.mask}
          masked={masked}
          side={1600}
          name={image.name}
        >
          {image.mark && <Mark {...image.mark} />}
        </Photograph>
        <ul className="chips">
          {image.who && <li>by {image.who}</li>}
          <li>{image.state}</li>
          {image.uncertainty !== null && <li>uncertainty {image.uncertainty.toFixed(3)}</li>}
        </ul>
        <Legend entries={image.classes} />
        {image.notes.length > 0 && (
          <ul className="notes hint">
            {image.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {image.more?.()}
        <p className="actions">
          <button type="button" onClick={() => step(-1)} aria-keyshortcuts="ArrowLeft">
            Previous
          </button>
          <button type="button" onClick={() => step(1)} aria-keyshortcuts="ArrowRight">
            Next
          </button>
          {toggleMask && (
            <button type="button" onClick={toggleMask} aria-pressed={masked} aria-keyshortcuts="M">
              Mask
            </button>
          )}
          <span className="space" />
          {image.links.map(({ name, href }) => (
            <a key={href} className="button" href={href}>
              {name}
            </a>
          ))}
        </p>
      </div>
    </Dialog>
  );
}
