/** How large the picture is shown, and buttons to change it. */
import { Maximize, Minus, Plus } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import type { Shown } from './board/use-board.ts';

interface Props {
  shown: Shown;
  zoomBy(factor: number): void;
  /** One pixel of the image on one of the screen. */
  actual(): void;
  fit(): void;
}

export function Zoom({ shown, zoomBy, actual, fit }: Props) {
  const scale = useSyncExternalStore(shown.subscribe, shown.scale);
  return (
    <fieldset className="zoom" aria-label="Zoom">
      <button type="button" className="bare" aria-label="Smaller" title="Smaller (−)" onClick={() => zoomBy(0.8)}>
        <Minus aria-hidden="true" />
      </button>
      <button
        type="button"
        className="bare percent"
        title="One pixel of the picture on one of the screen"
        onClick={actual}
      >
        {percent(scale)}
      </button>
      <button type="button" className="bare" aria-label="Larger" title="Larger (+)" onClick={() => zoomBy(1.25)}>
        <Plus aria-hidden="true" />
      </button>
      <button type="button" className="bare" aria-label="Whole picture" title="Whole picture (F)" onClick={fit}>
        <Maximize aria-hidden="true" />
      </button>
    </fieldset>
  );
}

const percent = (scale: number) => `${scale < 0.1 ? (100 * scale).toFixed(1) : Math.round(100 * scale)} %`;
