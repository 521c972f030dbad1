/** Colours of segments: those of their classes, instances of one told apart by lightness, chroma and a little hue. */
import type { Drawing, LabelCategory } from '@saltworks/core/contract/annotate';
import { deltaE, lchOf, type Rgb, rgbOf, seenAs } from './oklch.ts';

export type { Rgb };

export const background: Rgb = [128, 128, 128];

export function parseColour(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export const css = ([r, g, b]: Rgb, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;

/** By segment id; the background is grey. The first instance of a class has its colour, others one near it. */
export function segmentColours(segments: Drawing['segments'], categories: readonly LabelCategory[]): Map<number, Rgb> {
  const found = new Map<number, Rgb>([[0, background]]);
  const classes = new Map(categories.map(({ id, colour }) => [id, colour]));
  const seen = new Map<number, number>();
  for (const { id, category } of segments) {
    const shades = shadesOf(classes.get(category) ?? '#888888');
    const nth = seen.get(category) ?? 0;
    seen.set(category, nth + 1);
    found.set(id, shades[nth % shades.length]);
  }
  return found;
}

/** Shades of a class; after so many they come again. */
const shadeCount = 32;
const known = new Map<string, Rgb[]>();

/**
 * The class's colour, then always what is farthest from all before, for whoever sees least of the difference: people who
 * see all colours, and those who lack green or red cones.
 */
export function shadesOf(colour: string): Rgb[] {
  const before = known.get(colour);
  if (before) return before;
  const shades = [parseColour(colour)];
  const open = nearby(shades[0]).map((rgb) => ({ rgb, seen: seenAs(rgb), room: Number.POSITIVE_INFINITY }));
  while (shades.length < shadeCount) {
    const last = seenAs(shades[shades.length - 1]);
    for (const one of open) {
      one.room = Math.min(one.room, ...one.seen.map((lab, vision) => deltaE(lab, last[vision])));
    }
    shades.push(open.reduce((best, one) => (one.room > best.room ? one : best)).rgb);
  }
  known.set(colour, shades);
  return shades;
}

/** Colours that still pass for the class's: hue within 30°, neither black nor white. A grey has no hue to keep. */
function nearby(rgb: Rgb): Rgb[] {
  const { c, h } = lchOf(rgb);
  const grey = c < 0.03;
  const turns = grey ? [0, 60, 120, 180, 240, 300] : [-30, -20, -10, 0, 10, 20, 30];
  const chromas = grey ? [0, 0.02, 0.04] : [0.35, 0.6, 0.8, 1, 1.25, 1.5].map((share) => share * Math.max(c, 0.08));
  const out: Rgb[] = [];
  for (let l = 0.32; l < 0.97; l += 0.04) {
    for (const chroma of chromas) {
      for (const turn of turns) {
        const found = rgbOf({ l, c: chroma, h: h + (turn * Math.PI) / 180 });
        if (found) out.push(found);
      }
    }
  }
  return out;
}
