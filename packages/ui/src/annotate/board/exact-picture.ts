/** The pixels of exact strokes, each one a square at any zoom. A stroke that comes or goes costs the strokes where it lies. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import { css, type Rgb } from '@saltworks/core/screen/colours';
import { type Box, boxAround, visitStroke, visitWithin } from '@saltworks/core/seeds/paint';
import { labelAlpha } from './pictures.ts';
import { differingStrokes } from './strokes.ts';
import type { Size } from './view.ts';

type Canvases = { cover: OffscreenCanvas; colour: OffscreenCanvas; ink: OffscreenCanvas };

export class ExactPicture {
  #canvases: Canvases | undefined;
  #strokes: Drawing['strokes'] = [];
  #colours: ReadonlyMap<number, Rgb> | undefined;

  /**
   * @returns bitmaps of the image's size: opaque where the last stroke is exact; these pixels in the colours of labels, the
   *   background transparent; and those of them that somebody drew. Undefined if no stroke is exact
   */
  get(strokes: Drawing['strokes'], colours: ReadonlyMap<number, Rgb>, image: Size): Canvases | undefined {
    if (strokes === this.#strokes && colours === this.#colours) return this.#canvases;
    const whole = { left: 0, top: 0, right: image.width - 1, bottom: image.height - 1 };
    const given = strokes.some(({ origin }) => origin);
    const { colour, ink } = this.#canvases ?? {};
    const kept = this.#canvases && (colour !== ink) === given;
    if (!strokes.some(({ exact }) => exact)) this.#canvases = undefined;
    else if (this.#canvases && kept && sameColours(this.#colours, colours, this.#strokes)) {
      const box = boxAround(differingStrokes(this.#strokes, strokes), image);
      if (box) this.#draw(this.#canvases, strokes, colours, image, box);
    } else {
      this.#canvases = canvasesOf(image, given);
      this.#draw(this.#canvases, strokes, colours, image, whole);
    }
    this.#strokes = strokes;
    this.#colours = colours;
    return this.#canvases;
  }

  #draw(
    { cover, colour, ink }: Canvases,
    strokes: Drawing['strokes'],
    colours: ReadonlyMap<number, Rgb>,
    image: Size,
    box: Box,
  ): void {
    const covers = cover.getContext('2d')!;
    const coloured = [...new Set([colour, ink])].map((canvas) => canvas.getContext('2d')!);
    const { left, top, right, bottom } = box;
    for (const context of [covers, ...coloured]) context.clearRect(left, top, right - left + 1, bottom - top + 1);
    for (const stroke of strokes) {
      const rgb = stroke.segment === 0 ? undefined : colours.get(stroke.segment);
      // What nobody drew is no ink.
      const inked = stroke.origin ? coloured.slice(0, 1) : coloured;
      if (rgb) for (const context of inked) context.fillStyle = css(rgb, labelAlpha / 255);
      visitWithin(stroke, image, box, (y, left, right) => {
        const length = right - left + 1;
        for (const context of coloured) context.clearRect(left, y, length, 1);
        if (stroke.exact) covers.fillRect(left, y, length, 1);
        else covers.clearRect(left, y, length, 1);
        if (stroke.exact && rgb) for (const context of inked) context.fillRect(left, y, length, 1);
      });
    }
  }
}

/** @param given whether some pixels are nobody's ink */
function canvasesOf({ width, height }: Size, given: boolean): Canvases {
  const made = () => new OffscreenCanvas(width, height);
  const colour = made();
  return { cover: made(), colour, ink: given ? made() : colour };
}

/** Whether the segments of these strokes have the colours that they had. */
function sameColours(
  before: ReadonlyMap<number, Rgb> | undefined,
  after: ReadonlyMap<number, Rgb>,
  strokes: Drawing['strokes'],
): boolean {
  if (before === after) return true;
  const hues = (map: ReadonlyMap<number, Rgb> | undefined, id: number) => map?.get(id)?.join();
  return [...new Set(strokes.map(({ segment }) => segment))].every((id) => hues(before, id) === hues(after, id));
}

/** The stroke under the pen, to the pixel: a point more costs its own pixels. */
export class ExactInk {
  #canvas: OffscreenCanvas | undefined;
  #drawn = 0;

  /** @param points of one stroke, which grows; an empty list begins anew */
  get(points: readonly [number, number][], radius: number, colour: string, image: Size): OffscreenCanvas {
    const canvas = this.#canvas ?? new OffscreenCanvas(image.width, image.height);
    this.#canvas = canvas;
    const context = canvas.getContext('2d')!;
    if (points.length < this.#drawn || this.#drawn === 0) {
      context.clearRect(0, 0, image.width, image.height);
      this.#drawn = 0;
    }
    if (points.length > this.#drawn) {
      context.fillStyle = colour;
      const news = points.slice(Math.max(0, this.#drawn - 1));
      visitStroke({ segment: 0, points: [...news], radius }, image, (y, left, right) => {
        context.fillRect(left, y, right - left + 1, 1);
      });
      this.#drawn = points.length;
    }
    return canvas;
  }

  clear(): void {
    this.#drawn = 0;
  }
}
