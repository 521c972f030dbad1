/**
 * The sheet on which one image's strokes are drawn. A drawing that goes on from the last one costs its new strokes only, and
 * a stroke under the pen is drawn on a copy.
 */
import type { Lock, Stroke } from '@saltworks/contract/documents/scribbles';
import { boxAround, visitRegion, visitStroke, visitWithin } from './paint.ts';

/** The stroke that owns each pixel. */
export interface StrokeRaster {
  width: number;
  height: number;
  /** Row-major: 0 where nothing was drawn, else the number (from 1) of the last stroke there that labels more than itself. */
  owner: Uint8Array | Uint16Array | Uint32Array;
  /** The segment id of stroke s, at index s − 1. */
  segments: ArrayLike<number>;
  /** Numbers of the strokes that cover no pixel. */
  outside?: number[];
  /** Numbers of the strokes that label their own pixels and nothing else: they own no pixel here. */
  still?: ReadonlySet<number>;
  /** Pixels of exact strokes and locks, which keep their labels whatever a solve says. A sheet finds them when they are asked for. */
  readonly exact?: LabelledPixels;
}

/** Pixels of an image, and the label of each. */
export interface LabelledPixels {
  width: number;
  height: number;
  /** Row-major numbers of the pixels, ascending. */
  pixels: Int32Array;
  /** The segment id of each. */
  ids: Int32Array;
}

/** The same strokes under other labels. */
export function relabelled(raster: StrokeRaster, to: (id: number) => number): StrokeRaster {
  const { exact } = raster;
  return {
    ...raster,
    segments: Array.from(raster.segments, (id) => to(id)),
    ...(exact && { exact: { ...exact, ids: exact.ids.map((id) => to(id)) } }),
  };
}

type Owners = Uint16Array | Uint32Array;

/** Beyond so many strokes, owners need four bytes. */
const fewStrokes = 0xffff;

export class StrokeSheet {
  readonly #image: { width: number; height: number };
  #strokes: Stroke[] = [];
  /** Owners among the strokes that spread, and among all; the same array until one does not spread. */
  #owner: Owners;
  #all: Owners;
  #outside: number[] = [];

  /** @param owner of a sheet that goes on from another */
  constructor({ width, height }: { width: number; height: number }, owner: Owners = new Uint16Array(width * height)) {
    this.#image = { width, height };
    this.#owner = owner;
    this.#all = owner;
  }

  /**
   * The raster of these strokes, until the next call: it shares the sheet's memory.
   *
   * @param strokes those of the last call, compared by identity, cost nothing
   * @param draft a stroke on top, which is not kept
   */
  raster(strokes: readonly Stroke[], locks: readonly Lock[] = [], draft?: Stroke): StrokeRaster {
    const common = this.#strokes.findIndex((stroke, i) => stroke !== strokes[i]);
    if (common >= 0) this.#undo(common);
    if (strokes.length >= fewStrokes - 1 && this.#owner instanceof Uint16Array) this.#widen();
    for (let i = this.#strokes.length; i < strokes.length; i++) this.#draw(strokes[i]);
    if (!draft) return this.#answer(locks);
    const copy = new StrokeSheet(this.#image, this.#owner.slice());
    if (this.#all !== this.#owner) copy.#all = this.#all.slice();
    copy.#strokes = [...this.#strokes];
    copy.#outside = [...this.#outside];
    copy.#draw(draft);
    return copy.#answer(locks);
  }

  /** Keeps the first strokes: the others' pixels go to the strokes below them. */
  #undo(kept: number): void {
    const gone = this.#strokes.slice(kept);
    this.#strokes = this.#strokes.slice(0, kept);
    this.#outside = this.#outside.filter((number) => number <= kept);
    if (this.#strokes.every(({ spread }) => spread !== false)) this.#all = this.#owner;
    const box = boxAround(gone, this.#image);
    if (!box) return;
    const sheets = this.#all === this.#owner ? [this.#owner] : [this.#owner, this.#all];
    const { width } = this.#image;
    for (const sheet of sheets) {
      for (let y = box.top; y <= box.bottom; y++) sheet.fill(0, y * width + box.left, y * width + box.right + 1);
    }
    this.#strokes.forEach((stroke, i) => {
      visitWithin(stroke, this.#image, box, (y, left, right) => this.#own(stroke, i + 1, y, left, right));
    });
  }

  #widen(): void {
    const shared = this.#all === this.#owner;
    this.#owner = Uint32Array.from(this.#owner);
    this.#all = shared ? this.#owner : Uint32Array.from(this.#all);
  }

  #draw(stroke: Stroke): void {
    const number = this.#strokes.push(stroke);
    const still = stroke.spread === false;
    if (still && this.#all === this.#owner) this.#all = this.#owner.slice();
    let drawn = false;
    visitStroke(stroke, this.#image, (y, left, right) => {
      drawn = true;
      this.#own(stroke, number, y, left, right);
    });
    if (!drawn) this.#outside.push(number);
  }

  /** Gives a row's pixels to a stroke. */
  #own({ spread }: Stroke, number: number, y: number, left: number, right: number): void {
    const first = y * this.#image.width + left;
    const end = first + right - left + 1;
    if (spread !== false) this.#owner.fill(number, first, end);
    if (this.#all !== this.#owner) this.#all.fill(number, first, end);
  }

  #answer(locks: readonly Lock[]): StrokeRaster {
    const strokes = this.#strokes;
    const still = new Set(strokes.flatMap(({ spread }, i) => (spread === false ? [i + 1] : [])));
    const hasExact = locks.length > 0 || strokes.some(({ exact }) => exact);
    let exact: LabelledPixels | undefined;
    const find = () => {
      exact ??= this.#exact(locks);
      return exact;
    };
    return {
      ...this.#image,
      owner: this.#owner,
      segments: strokes.map(({ segment }) => segment),
      outside: [...this.#outside],
      ...(still.size > 0 && { still }),
      get exact() {
        return hasExact ? find() : undefined;
      },
    };
  }

  /** The last stroke at a pixel owns it, and so makes it exact or not; locks lie on top, the first of them uppermost. */
  #exact(locks: readonly Lock[]): LabelledPixels {
    const { width, height } = this.#image;
    const all = this.#all;
    const own = Int32Array.from([-1, ...this.#strokes.map(({ exact, segment }) => (exact ? segment : -1))]);
    // A loop: `from` with a function takes ten times as long, seconds of a large picture.
    const label = new Int32Array(all.length);
    for (let i = 0; i < all.length; i++) label[i] = own[all[i]];
    for (const { segment, region } of locks.toReversed()) {
      visitRegion(region, this.#image, (y, left, right) => {
        label.fill(segment, y * width + left, y * width + right + 1);
      });
    }
    let count = 0;
    for (const id of label) if (id >= 0) count++;
    const pixels = new Int32Array(count);
    const ids = new Int32Array(count);
    for (let i = 0, o = 0; o < count; i++) {
      if (label[i] < 0) continue;
      pixels[o] = i;
      ids[o++] = label[i];
    }
    return { width, height, pixels, ids };
  }
}
