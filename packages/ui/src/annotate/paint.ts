/** Pictures laid over the photograph. */
import type { Scene } from './board.ts';
import type { Rgb } from './colours.ts';
import type { Labels } from './session.ts';
import type { Point } from './view.ts';

/** Labels in their colours, one pixel each; the background is clear. */
export function labelPicture(
  { ids, width, height }: Labels,
  colours: ReadonlyMap<number, Rgb>,
  contours: boolean,
): ImageData {
  const picture = new ImageData(width, height);
  const { data } = picture;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const id = ids[i];
      const edge = contours && ((x + 1 < width && ids[i + 1] !== id) || (y + 1 < height && ids[i + width] !== id));
      const colour = edge ? ([255, 255, 255] as const) : (colours.get(id) ?? ([128, 128, 128] as const));
      data.set(colour, 4 * i);
      // The background stays what it is.
      data[4 * i + 3] = edge ? 255 : id === 0 ? 0 : 170;
    }
  }
  return picture;
}

/** Where it is unsure: bright, the rest dark. */
export function heatPicture({ values, width, height }: NonNullable<Scene['heat']>): ImageData {
  const picture = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const doubt = 1 - Math.min(1, Math.max(0, values[i]));
    picture.data.set([255, Math.round(220 * doubt), 0, Math.round(230 * doubt)], 4 * i);
  }
  return picture;
}

/** A note's place. */
export function paintPin(context: CanvasRenderingContext2D, { x, y }: Point): void {
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = 'rgb(213 94 0)';
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = 'white';
  context.stroke();
}
