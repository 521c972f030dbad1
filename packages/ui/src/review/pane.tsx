/** A photograph under its labels, sized to its place beside others. */

import type { Rgb } from '@saltworks/core/screen/colours';
import { useEffect, useRef } from 'react';
import { heatPicture, labelPicture } from '../annotate/board/paint.ts';
import type { Labels } from '../annotate/labels.ts';

export interface PaneProps {
  photograph: ImageBitmap;
  labels?: Labels;
  colours: ReadonlyMap<number, Rgb>;
  /** A value per pixel, 0 … 1, shown instead of labels: bright where low. */
  consent?: { values: Float32Array; width: number; height: number };
  /** Shows the labels. */
  shown: boolean;
  name: string;
}

/** The most pixels of a pane's longer side: several stand beside each other. */
const longest = 1280;

export function Pane({ photograph, labels, colours, consent, shown, name }: PaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const { width, height } = context.canvas;
    context.globalAlpha = 1;
    context.drawImage(photograph, 0, 0, width, height);
    const over = shown ? pictureOf({ labels, colours, consent }) : undefined;
    if (!over) return;
    const layer = new OffscreenCanvas(over.width, over.height);
    layer.getContext('2d')?.putImageData(over, 0, 0);
    context.globalAlpha = consent ? 1 : 0.75;
    context.imageSmoothingEnabled = false;
    context.drawImage(layer, 0, 0, width, height);
  }, [photograph, labels, colours, consent, shown]);
  const scale = Math.min(1, longest / Math.max(photograph.width, photograph.height));
  return (
    <canvas
      ref={canvas}
      width={Math.round(scale * photograph.width)}
      height={Math.round(scale * photograph.height)}
      role="img"
      aria-label={name}
      className="pane"
    />
  );
}

function pictureOf({ labels, colours, consent }: Pick<PaneProps, 'labels' | 'colours' | 'consent'>) {
  if (consent) return heatPicture(consent);
  return labels && labelPicture(labels, { colours, contours: true });
}
