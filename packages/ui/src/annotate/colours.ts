/** Colours of segments: those of their categories, told apart within one by lightness. */
import type { Drawing, LabelCategory } from '@saltworks/core/contract/annotate';

export type Rgb = [number, number, number];

export const background: Rgb = [128, 128, 128];

export function parseColour(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export const css = ([r, g, b]: Rgb, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;

/** By segment id; the background is grey. Instances of a category get lighter and darker in turn. */
export function segmentColours(segments: Drawing['segments'], categories: readonly LabelCategory[]): Map<number, Rgb> {
  const found = new Map<number, Rgb>([[0, background]]);
  const seen = new Map<number, number>();
  for (const { id, category } of segments) {
    const base = parseColour(categories.find((other) => other.id === category)?.colour ?? '#888888');
    const nth = seen.get(category) ?? 0;
    seen.set(category, nth + 1);
    found.set(id, nth === 0 ? base : shade(base, nth));
  }
  return found;
}

function shade(colour: Rgb, nth: number): Rgb {
  const step = Math.ceil(nth / 2) * 0.22;
  const towards = nth % 2 === 1 ? 255 : 0;
  const share = Math.min(0.75, step);
  return colour.map((value) => Math.round(value + share * (towards - value))) as Rgb;
}
