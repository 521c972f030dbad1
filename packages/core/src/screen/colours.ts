/**
 * The colours of segments, the same on every page and in every picture: those of their categories. Segments of one category
 * differ in lightness, chroma and a little hue. No colour is so dark or so pale that it is lost on a photograph.
 */
import { unnamed } from '@saltworks/contract/documents/scribbles';
import { deltaE, type Lab, lchOf, type Rgb, rgbOf, seenAs } from './oklch.ts';

export type { Rgb };

/** The background's strokes; as a label it is transparent. */
export const background: Rgb = [128, 128, 128];

/** OKLab lightness of colours over photographs: visible on black and on white. */
export const lightness = { least: 0.58, most: 0.93 };

export function parseColour(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** #rrggbb. */
export const hexOf = (rgb: Rgb): string => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

export const css = ([r, g, b]: Rgb, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;

/** A category, known by an id or a name. */
export interface ColouredClass<Id = number> {
  id: Id;
  /** #rrggbb. */
  colour: string;
  /** What it is called, where that is not its id. */
  name?: string;
}

/** What categories are called. */
export function namesOf(classes: readonly ColouredClass<string>[]): (category: string) => string {
  const names = new Map(classes.map(({ id, name = id }) => [id, name]));
  return (category) => names.get(category) ?? category;
}

/** The colour of an unknown category. */
const unknownClass = '#888888';

/**
 * Colours by segment id. The first segment of a category has its colour; the next ones, in order of ids, have colours near it.
 *
 * @param classes all categories of the campaign or mask set: segments keep away from the colours of other categories
 */
export function segmentColours<Id>(
  segments: readonly { id: number; category: Id }[],
  classes: readonly ColouredClass<Id>[],
): Map<number, Rgb> {
  const shades = shadesIn(classes);
  const found = new Map<number, Rgb>([[0, background]]);
  const seen = new Map<Id, number>();
  for (const { id, category } of [...segments].sort((a, b) => a.id - b.id)) {
    const nth = seen.get(category) ?? 0;
    seen.set(category, nth + 1);
    found.set(id, shades(category, nth));
  }
  return found;
}

/** Shades by lists of categories that are still in use: a page asks for the same ones again and again. */
const known = new WeakMap<object, (category: unknown, nth: number) => Rgb>();

/** The nth shade of a category, from 0. */
function shadesIn<Id>(classes: readonly ColouredClass<Id>[]): (category: Id, nth: number) => Rgb {
  const before = known.get(classes);
  if (before) return before as (category: Id, nth: number) => Rgb;
  const shown = classColours(classes);
  const all = [...shown.values()];
  const shades = new Map<Id, { found: Rgb[]; more: Generator<Rgb, never> }>();
  const shade = (category: Id, nth: number) => {
    const own = shades.get(category) ?? {
      found: [],
      more: shadesOf(shown.get(category) ?? parseColour(unknownClass), all),
    };
    shades.set(category, own);
    const at = nth % shadeCount;
    return take(at + 1, own.more, own.found)[at];
  };
  known.set(classes, shade as (category: unknown, nth: number) => Rgb);
  return shade;
}

/** A colour that was made lighter or darker must keep at least this far from other categories' colours. */
const apart = 8;

/** Each category's colour on the screen: its own, or the nearest that is neither too dark nor too pale. */
export function classColours<Id>(classes: readonly ColouredClass<Id>[]): Map<Id, Rgb> {
  const chosen = classes.map(({ id, colour }) => ({ id, rgb: parseColour(colour) }));
  const kept = chosen.filter(({ rgb }) => fits(rgb));
  const shown = new Map(kept.map(({ id, rgb }) => [id, rgb]));
  const taken = kept.map(({ rgb }) => seenAs(rgb));
  for (const { id, rgb } of chosen) {
    if (fits(rgb)) continue;
    const found = nearest(rgb, taken);
    shown.set(id, found);
    taken.push(seenAs(found));
  }
  return shown;
}

function fits(rgb: Rgb): boolean {
  const { l } = lchOf(rgb);
  return l >= lightness.least && l <= lightness.most;
}

/** The most similar of the colours that pass for a category's and keep apart from those taken; if none does, the farthest. */
function nearest(rgb: Rgb, taken: readonly Lab[][]): Rgb {
  const [wanted] = seenAs(rgb);
  const open = nearby(rgb).map((near) => ({
    near,
    room: roomOf(seenAs(near), taken),
    way: deltaE(seenAs(near)[0], wanted),
  }));
  const free = open.filter(({ room }) => room >= apart);
  const best =
    free.length > 0 ? free.reduce((a, b) => (b.way < a.way ? b : a)) : open.reduce((a, b) => (b.room > a.room ? b : a));
  return best.near;
}

/** Distance to the closest colour, for the kind of vision that sees it smallest. */
const roomOf = (seen: readonly Lab[], taken: readonly Lab[][]): number =>
  Math.min(Number.POSITIVE_INFINITY, ...taken.map((other) => distance(seen, other)));

const distance = (a: readonly Lab[], b: readonly Lab[]): number =>
  Math.min(...a.map((lab, vision) => deltaE(lab, b[vision])));

/** The number of a category's shades; after these they repeat. */
const shadeCount = 32;

/**
 * The category's colour, then always the colour farthest from all before and from other categories, for the kind of vision
 * that sees the difference smallest: with all cones, without green, or without red cones.
 */
function shadesOf(colour: Rgb, classes: readonly Rgb[]): Generator<Rgb, never> {
  const others = classes.filter((other) => hexOf(other) !== hexOf(colour));
  return farthest([colour], () => nearby(colour), [background, ...others]);
}

/** Yields `first`, then, without end, the colour of `from()` farthest from all before and from `away`. */
function* farthest(first: readonly Rgb[], from: () => Rgb[], away: readonly Rgb[]): Generator<Rgb, never> {
  yield* first;
  const taken = [...first, ...away].map(seenAs);
  const open = from().map((rgb) => {
    const seen = seenAs(rgb);
    return { rgb, seen, room: roomOf(seen, taken) };
  });
  for (;;) {
    const best = open.reduce((a, b) => (b.room > a.room ? b : a));
    yield best.rgb;
    for (const one of open) one.room = Math.min(one.room, distance(one.seen, best.seen));
  }
}

function take(count: number, colours: Iterator<Rgb, never>, into: Rgb[] = []): Rgb[] {
  while (into.length < count) into.push(colours.next().value);
  return into;
}

/** The colours that still pass for the category's: hue within 30°, neither too dark nor too pale. A grey has no hue to keep. */
function nearby(rgb: Rgb): Rgb[] {
  const { c, h } = lchOf(rgb);
  const grey = c < 0.03;
  const turns = grey ? [0, 60, 120, 180, 240, 300] : [-30, -20, -10, 0, 10, 20, 30];
  const chromas = grey ? [0, 0.02, 0.04] : [0.35, 0.6, 0.8, 1, 1.25, 1.5].map((share) => share * Math.max(c, 0.08));
  return colours(
    chromas,
    turns.map((turn) => h + (turn * Math.PI) / 180),
  );
}

/** All colours of these chromas and hues that a screen can show, in steps of lightness. */
function colours(chromas: readonly number[], hues: readonly number[]): Rgb[] {
  const out: Rgb[] = [];
  for (let l = lightness.least; l <= lightness.most; l += 0.04) {
    for (const c of chromas) {
      for (const h of hues) {
        const found = rgbOf({ l, c, h });
        if (found && fits(found)) out.push(found);
      }
    }
  }
  return out;
}

/** Colours that colour-blind people tell apart, too: Okabe & Ito (2008), without their blue, too dark on dark photographs. */
const okabeIto = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7'];
const palette: Rgb[] = [];
/** As many colours as can be told apart at all; then they repeat. */
const paletteSize = 256;
let more: Generator<Rgb, never> | undefined;

/** The i-th category's colour, from 0: Okabe and Ito's, then always the farthest from all before; #rrggbb. */
export function classColour(i: number): string {
  const hues = Array.from({ length: 24 }, (_, k) => (k * Math.PI) / 12);
  more ??= farthest(okabeIto.map(parseColour), () => colours([0.06, 0.1, 0.14, 0.18], hues), [background]);
  const at = i % paletteSize;
  return hexOf(take(at + 1, more, palette)[at]);
}

/** The first free colour of the palette. */
export function freeColour(taken: readonly string[]): string {
  for (let i = 0; i < paletteSize; i++) if (!taken.includes(classColour(i))) return classColour(i);
  return classColour(taken.length);
}

/** Categories by name: known ones in their colours, others in free colours of the palette. */
export function namedClasses(
  names: Iterable<string>,
  known: readonly ColouredClass<string>[] = [],
): readonly ColouredClass<string>[] {
  const missing = [...new Set(names)].filter((name) => !known.some(({ id }) => id === name));
  if (missing.length === 0) return known;
  const classes = [...known];
  for (const id of missing) {
    classes.push({ id, colour: freeColour(classes.map(({ colour }) => colour)) });
  }
  return classes;
}

/** Colours by segment id, for categories with names. Each unnamed segment counts as a category of its own. */
export function namedColours(
  segments: readonly { id: number; category: string }[],
  known: readonly ColouredClass<string>[] = [],
): Map<number, Rgb> {
  const classed = segments.map(({ id, category }) => ({
    id,
    category: category === unnamed ? `${unnamed} ${id}` : category,
  }));
  return segmentColours(
    classed,
    namedClasses(
      classed.map(({ category }) => category),
      known,
    ),
  );
}
