/** Paints a scene in layers, each redrawn only when it changes. */

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
import { toScreen, type View } from './view.ts';

export type Layers = ReturnType<typeof newLayers>;

/** The photograph and the strokes have the screen's size; labels have their own. */
export const newLayers = () => ({ photograph: new Layer(), labels: new Layer(), strokes: new Layer() });

/** Paints the photograph, labels, strokes, those that look wrong, and pin. */
export function paintScene(
  context: CanvasRenderingContext2D,
  layers: Layers,
  image: ImageBitmap,
  view: View,
  scene: Scene,
): void {
  const { scale, x, y } = view;
  const { opacity, strokes, pin, drawing, colours, heat, suspects = [] } = scene;
  const { width, height } = context.canvas;
  const box = [x, y, scale * image.width, scale * image.height] as const;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const photograph = layers.photograph.get([view], width, height, (layer) => {
    layer.scale(devicePixelRatio, devicePixelRatio);
    layer.imageSmoothingEnabled = scale < 3;
    layer.drawImage(image, ...box);
  });
  context.drawImage(photograph, 0, 0);
  const labels = labelsOf(layers, scene);
  const shown = heat?.alike ? 1 : opacity;
  if (labels && shown > 0) {
    context.scale(devicePixelRatio, devicePixelRatio);
    context.globalAlpha = shown;
    context.imageSmoothingEnabled = !!heat?.alike;
    context.drawImage(labels, ...box);
    context.globalAlpha = 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
  if (strokes && drawing.strokes.length > 0) {
    const all = layers.strokes.get([view, drawing.strokes, colours], width, height, (layer) => {
      layer.scale(devicePixelRatio, devicePixelRatio);
      paintStrokes(layer, view, drawing.strokes, colours);
    });
    context.drawImage(all, 0, 0);
  }
  for (const { points } of drawing.strokes.filter(({ n }) => suspects.includes(n))) {
    const [px, py] = points[points.length >> 1];
    context.scale(devicePixelRatio, devicePixelRatio);
    paintQuery(context, toScreen(view, { x: px, y: py }));
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
  if (pin) {
    context.scale(devicePixelRatio, devicePixelRatio);
    paintPin(context, toScreen(view, pin));
  }
}

/** Labels as a bitmap of their own size. */
function labelsOf(layers: Layers, { labels, heat, colours, contours }: Scene): OffscreenCanvas | undefined {
  const shown = heat ?? labels;
  if (!shown) return undefined;
  const key = heat ? [heat.values, heat.alike] : [labels?.ids, colours, contours];
  return layers.labels.get(key, shown.width, shown.height, (layer) =>
    layer.putImageData(heat ? heatPicture(heat) : labelPicture(labels!, colours, contours), 0, 0),
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
  if (stroke) paintHalo(context, view, stroke, colours.get(stroke.segment) ?? unknown, glow);
  if (ring) paintRing(context, toScreen(view, ring), glow);
}
