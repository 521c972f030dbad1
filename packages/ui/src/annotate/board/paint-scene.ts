/** Paints a scene in layers, each redrawn only when it changes. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import { ExactPicture } from './exact-picture.ts';
import { Layer } from './layer.ts';
import {
  heatPicture,
  labelPicture,
  paintHalo,
  paintPin,
  paintQuery,
  paintRing,
  paintStrokes,
  unknown,
} from './paint.ts';
import type { Scene } from './scene.ts';
import { commonStrokes, placeOn } from './strokes.ts';
import { toScreen, type View } from './view.ts';

export type Layers = ReturnType<typeof newLayers>;

/** The photograph and the strokes have the screen's size; labels have their own. */
export const newLayers = () => ({
  ...{ photograph: new Layer(), labels: new Layer(), shown: new Layer(), strokes: new Layer() },
  ...{ exact: new ExactPicture(), lines: new Lines() },
});

/** The strokes that are no exact ones: the same list while they are the same. */
class Lines {
  #lines: Drawing['strokes'] = [];
  #from: Drawing['strokes'] = [];

  get(strokes: Drawing['strokes']): Drawing['strokes'] {
    if (strokes === this.#from) return this.#lines;
    this.#from = strokes;
    const lines = strokes.filter(({ exact, region }) => !exact && !region);
    const same = lines.length === this.#lines.length && commonStrokes(lines, this.#lines) === lines.length;
    if (!same) this.#lines = lines;
    return this.#lines;
  }
}

/** Paints the photograph, labels, strokes, those that look wrong, and pins. */
export function paintScene(
  context: CanvasRenderingContext2D,
  layers: Layers,
  image: ImageBitmap,
  view: View,
  scene: Scene,
): void {
  const { scale, x, y } = view;
  const { opacity, strokes, pins = [], drawing, colours, heat, suspects = [], look = 'none' } = scene;
  const { width, height } = context.canvas;
  const box = [x, y, scale * image.width, scale * image.height] as const;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const photograph = layers.photograph.get([view, look], width, height, (layer) => {
    layer.scale(devicePixelRatio, devicePixelRatio);
    layer.imageSmoothingEnabled = scale < 3;
    layer.filter = look;
    layer.drawImage(image, ...box);
    layer.filter = 'none';
  });
  context.drawImage(photograph, 0, 0);
  const labels = labelsOf(layers, scene);
  const shown = heat?.alike ? 1 : opacity;
  const exact = heat ? undefined : layers.exact.get(drawing.strokes, colours, image);
  if ((labels || exact) && shown > 0) {
    context.globalAlpha = shown;
    if (exact && scene.stale) {
      // Exact pixels take the place of the labels below them.
      const { contours, unlabelled, hidden, waiting } = scene;
      const key = [view, labels, scene.labels?.ids, colours, contours, unlabelled, hidden, waiting, drawing.strokes];
      const both = layers.shown.get(key, width, height, (layer) => {
        layer.scale(devicePixelRatio, devicePixelRatio);
        layer.imageSmoothingEnabled = false;
        if (labels) layer.drawImage(labels, ...box);
        layer.globalCompositeOperation = 'destination-out';
        layer.drawImage(exact.cover, ...box);
        layer.globalCompositeOperation = 'source-over';
        layer.drawImage(exact.colour, ...box);
      });
      context.drawImage(both, 0, 0);
    } else if (labels) {
      context.scale(devicePixelRatio, devicePixelRatio);
      context.imageSmoothingEnabled = !!heat?.alike;
      context.drawImage(labels, ...box);
      context.setTransform(1, 0, 0, 1, 0, 0);
    }
    context.globalAlpha = 1;
  }
  if (strokes && exact) {
    // Exact strokes stand out among the labels as others do.
    context.scale(devicePixelRatio, devicePixelRatio);
    context.imageSmoothingEnabled = false;
    context.drawImage(exact.ink, ...box);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
  const lines = layers.lines.get(drawing.strokes);
  if (strokes && lines.length > 0) {
    const all = layers.strokes.get([view, lines, colours], width, height, (layer) => {
      layer.scale(devicePixelRatio, devicePixelRatio);
      paintStrokes(layer, view, lines, colours);
    });
    context.drawImage(all, 0, 0);
  }
  context.scale(devicePixelRatio, devicePixelRatio);
  for (const stroke of drawing.strokes) {
    if (suspects.includes(stroke.n)) paintQuery(context, toScreen(view, placeOn(stroke, image)));
  }
  for (const pin of pins) paintPin(context, toScreen(view, pin));
}

/** Labels as a bitmap of their own size. */
function labelsOf(layers: Layers, scene: Scene): OffscreenCanvas | undefined {
  const { labels, heat, colours, contours, unlabelled, hidden, waiting } = scene;
  const shown = heat ?? labels;
  if (!shown) return undefined;
  const key = heat ? [heat.values, heat.alike] : [labels?.ids, colours, contours, unlabelled, hidden, waiting];
  return layers.labels.get(key, shown.width, shown.height, (layer) =>
    layer.putImageData(heat ? heatPicture(heat) : labelPicture(labels!, scene), 0, 0),
  );
}

/** Paints the highlighted stroke and place. @param glow 0 … 1 */
export function paintPointed(
  context: CanvasRenderingContext2D,
  view: View,
  { picked, ring, drawing, colours }: Scene,
  glow: number,
): void {
  const stroke = picked === undefined ? undefined : drawing.strokes.find(({ n }) => n === picked);
  if (stroke && stroke.points.length > 0)
    paintHalo(context, view, stroke, colours.get(stroke.segment) ?? unknown, glow);
  if (ring) paintRing(context, toScreen(view, ring), glow);
}
