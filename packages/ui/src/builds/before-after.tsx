/** A photograph under two masks, with a slider between them, or under their difference. */
import type { Rgb } from '@saltworks/core/screen/colours';
import { useEffect, useRef, useState } from 'react';
import { labelPicture } from '../annotate/board/paint.ts';
import type { Labels } from '../annotate/labels.ts';
import { coloursOfKinds } from './difference.ts';
import type { Masks } from './masks.ts';

interface Props {
  name: string;
  /** Address of the photograph, and of a smaller one if that fails. */
  image: string;
  instead: string;
  masks: Masks | undefined;
  /** By segment. */
  colours: ReadonlyMap<number, Rgb>;
  masked: boolean;
  /** Shows where they differ, in place of the masks. */
  differing: boolean;
  /** Where the slider stands, percent of the width: left of it is before. */
  at: number;
  move(at: number): void;
}

export function BeforeAfter({ name, image, instead, masks, colours, masked, differing, at, move }: Props) {
  const [failed, setFailed] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const to = (percent: number) => move(Math.min(100, Math.max(0, percent)));
  const drag = ({ clientX, buttons }: React.PointerEvent) => {
    const { left, width } = stage.current!.getBoundingClientRect();
    if (buttons === 1) to((100 * (clientX - left)) / width);
  };
  const steps: Partial<Record<string, number>> = {
    ArrowLeft: at - 2,
    ArrowDown: at - 2,
    ArrowRight: at + 2,
    ArrowUp: at + 2,
    PageDown: at - 20,
    PageUp: at + 20,
    Home: 0,
    End: 100,
  };
  const { width, height } = masks?.before ?? { width: 4, height: 3 };
  return (
    <div
      ref={stage}
      className={differing ? 'before-after differing' : 'before-after'}
      style={{ aspectRatio: `${width} / ${height}`, maxWidth: `calc(58dvh * ${(width / height).toFixed(4)})` }}
      onPointerDown={(event) => {
        if (differing) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={differing ? undefined : drag}
    >
      <img src={failed ? instead : image} alt={name} draggable={false} onError={() => setFailed(true)} />
      {masks && masked && !differing && (
        <>
          <Layer labels={masks.before} colours={colours} contours clip={`inset(0 ${100 - at}% 0 0)`} />
          <Layer labels={masks.after} colours={colours} contours clip={`inset(0 0 0 ${at}%)`} />
        </>
      )}
      {masks && differing && (
        <Layer labels={{ ...masks.before, ids: masks.difference.kinds }} colours={coloursOfKinds} />
      )}
      {!differing && (
        <>
          <span className="side" hidden={at < 12}>
            Before
          </span>
          <span className="side after" hidden={at > 88}>
            After
          </span>
          <div
            className="divider"
            role="slider"
            tabIndex={0}
            aria-label="Before and after"
            aria-orientation="horizontal"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(at)}
            aria-valuetext={at >= 100 ? 'all before' : at <= 0 ? 'all after' : `${Math.round(at)} % before`}
            style={{ left: `${at}%` }}
            onKeyDown={(event) => {
              const step = steps[event.key];
              if (step === undefined) return;
              event.preventDefault();
              event.stopPropagation();
              to(step);
            }}
          />
        </>
      )}
    </div>
  );
}

interface LayerProps {
  labels: Labels;
  colours: ReadonlyMap<number, Rgb>;
  contours?: boolean;
  clip?: string;
}

function Layer({ labels, colours, contours = false, clip }: LayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ids, width, height } = labels;
  useEffect(() => {
    canvas.current
      ?.getContext('2d')
      ?.putImageData(labelPicture({ n: 0, ids, width, height }, { colours, contours }), 0, 0);
  }, [ids, width, height, colours, contours]);
  return (
    <canvas ref={canvas} width={width} height={height} style={clip === undefined ? undefined : { clipPath: clip }} />
  );
}
