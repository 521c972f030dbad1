/** Overlays of labels and heat, and everything drawn by canvas paths. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import { css, type Rgb } from '@saltworks/core/screen/colours';
import type { Labels } from '../labels.ts';
import { doubtPixels, labelPixels, likenessPixels } from './pictures.ts';
import type { Scene } from './scene.ts';
import { type Point, toScreen, type View } from './view.ts';

/** The colour of a segment that has none. */
export const unknown: Rgb = [255, 255, 255];

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Labels in their segments' colours, one pixel each. */
export function labelPicture(labels: Labels, how: Parameters<typeof labelPixels>[1]): ImageData {
  return pictureOf(labelPixels(labels, how), labels.width);
}

/** A bitmap that is bright where margins are small or, with `alike`, where likeness is high. */
export function heatPicture({ values, width, alike }: NonNullable<Scene['heat']>): ImageData {
  return pictureOf(alike ? likenessPixels(values) : doubtPixels(values), width);
}

const pictureOf = (pixels: Uint32Array<ArrayBuffer>, width: number) =>
  new ImageData(new Uint8ClampedArray(pixels.buffer), width);

export function paintStrokes(
  context: Context,
  view: View,
  strokes: Drawing['strokes'],
  colours: ReadonlyMap<number, Rgb>,
): void {
  for (const { points, radius, segment } of strokes) {
    paintStroke(context, view, points, radius, colours.get(segment) ?? unknown);
  }
}

function trace(context: Context, view: View, points: readonly [number, number][]): void {
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  points.forEach(([x, y], i) => {
    const at = toScreen(view, { x, y });
    if (i === 0) context.moveTo(at.x, at.y);
    context.lineTo(at.x, at.y);
  });
}

const widthOf = (view: View, radius: number) => Math.max(2, 2 * radius * view.scale);

export function paintStroke(
  context: Context,
  view: View,
  points: readonly [number, number][],
  radius: number,
  colour: Rgb,
): void {
  const width = widthOf(view, radius);
  trace(context, view, points);
  // A dark and a light outline: visible on any image.
  for (const [style, extra] of [
    ['rgb(0 0 0 / 0.6)', 3],
    ['rgb(255 255 255 / 0.9)', 1.5],
    [css(colour), 0],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width + extra;
    context.stroke();
  }
}

/** The outline of a polygon under way, and the side to the pointer. */
export function paintOutline(
  context: Context,
  view: View,
  corners: readonly [number, number][],
  colour: Rgb,
  pointer: Point | undefined,
): void {
  trace(context, view, corners);
  if (pointer) context.lineTo(pointer.x, pointer.y);
  for (const [style, width] of [
    ['rgb(0 0 0 / 0.7)', 4],
    [css(colour), 2],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
  const first = toScreen(view, { x: corners[0][0], y: corners[0][1] });
  context.beginPath();
  context.arc(first.x, first.y, 5, 0, 2 * Math.PI);
  context.fillStyle = css(colour);
  context.fill();
}

/** The highlight of a stroke. @param glow 0 … 1 */
export function paintHalo(
  context: Context,
  view: View,
  { points, radius }: Drawing['strokes'][number],
  colour: Rgb,
  glow: number,
): void {
  const width = widthOf(view, radius);
  trace(context, view, points);
  context.strokeStyle = `rgb(255 255 255 / ${0.35 * glow})`;
  context.lineWidth = width + 8 + 16 * glow;
  context.stroke();
  context.strokeStyle = 'black';
  context.lineWidth = width + 8;
  context.stroke();
  context.setLineDash([width + 6, width + 6]);
  context.strokeStyle = 'white';
  context.lineWidth = width + 5;
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = css(colour);
  context.lineWidth = width;
  context.stroke();
}

/** The brush's outline. */
export function paintBrush(context: Context, { x, y }: Point, radius: number, colour: Rgb): void {
  context.beginPath();
  context.arc(x, y, Math.max(3, radius), 0, 2 * Math.PI);
  context.strokeStyle = 'rgb(0 0 0 / 0.7)';
  context.lineWidth = 3;
  context.stroke();
  context.strokeStyle = css(colour);
  context.lineWidth = 1.5;
  context.stroke();
}

/** A place to look at. @param glow 0 … 1 */
export function paintRing(context: Context, { x, y }: Point, glow: number): void {
  context.beginPath();
  context.arc(x, y, 18 + 10 * glow, 0, 2 * Math.PI);
  context.strokeStyle = 'rgb(0 0 0 / 0.75)';
  context.lineWidth = 6;
  context.stroke();
  context.strokeStyle = 'rgb(255 225 90)';
  context.lineWidth = 3;
  context.stroke();
}

/** The mark of a stroke that looks wrong. */
export function paintQuery(context: Context, at: Point): void {
  paintDisc(context, at, 'rgb(240 200 60)', { colour: 'black', width: 1.5 });
  context.fillStyle = 'black';
  context.font = 'bold 12px sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('?', at.x, at.y + 0.5);
}

/** The pin of a note. */
export function paintPin(context: Context, at: Point): void {
  paintDisc(context, at, 'rgb(213 94 0)', { colour: 'white', width: 2.5 });
}

function paintDisc(context: Context, { x, y }: Point, fill: string, edge: { colour: string; width: number }): void {
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = edge.width;
  context.strokeStyle = edge.colour;
  context.stroke();
}
