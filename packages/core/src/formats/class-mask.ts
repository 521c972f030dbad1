/** Masks of class numbers, with or without numbers of objects: VOC, Cityscapes, and PNG folders with a table of classes. */
import type { Mask } from '../mask/mask.ts';
import { segmentsInfo } from '../mask/mask.ts';
import { type ClassEntry, isNothing } from './class-table.ts';
import { colourNumber, vocColour, voidColour } from './colour-map.ts';
import type { Classes, ReadLabels } from './paint.ts';

/** Numbers of a picture's pixels, row by row. */
export interface Plane {
  values: ArrayLike<number>;
  width: number;
  height: number;
  /** Whether they are colours, r + 256·g + 65536·b, and not numbers. */
  isColour?: boolean;
}

/** Numbers and colours of no class by custom, though no table says so: background, and the void that VOC draws. */
const customary = { number: [0, 255], colour: [0, voidColour] };
/** More than any class's number. */
const radix = 2 ** 24;

/**
 * A segment for each class and object; pixels of a class without an object number are one segment of that class. Numbers that the
 * table lacks are void.
 *
 * @param objects 0 for pixels of no object
 */
export function classMask(
  plane: Plane,
  table: readonly ClassEntry[],
  classes: Classes,
  objects?: ArrayLike<number>,
): ReadLabels {
  const { values, width, height, isColour = false } = asNumbers(plane, table);
  const categories = new Map(
    table
      .filter(({ colour }) => !isColour || colour !== undefined)
      .map(({ value, name, isthing, colour }) => [
        isColour ? (colour as number) : value,
        isNothing(name) ? 0 : classes.id(name, isthing),
      ]),
  );
  const unknown = new Map<number, number>();
  const keys = new Float64Array(width * height);
  const found = new Set<number>();
  for (let i = 0, last = -1, key = 0; i < keys.length; i++) {
    const value = values[i];
    const category = categories.get(value);
    if (category === undefined) {
      unknown.set(value, (unknown.get(value) ?? 0) + 1);
      continue;
    }
    if (category === 0) continue;
    key = (objects?.[i] ?? 0) * radix + category;
    keys[i] = key;
    if (key !== last) found.add(key);
    last = key;
  }
  const ordered = [...found].sort((a, b) => a - b);
  const idOf = new Map(ordered.map((key, k) => [key, k + 1]));
  const mask: Mask = { ids: new Uint32Array(keys.length), width, height };
  for (let i = 0; i < keys.length; i++) if (keys[i] !== 0) mask.ids[i] = idOf.get(keys[i]) as number;
  const segments = segmentsInfo(mask, [], []).map((segment) => ({
    ...segment,
    category_id: ordered[segment.id - 1] % radix,
  }));
  const notes = [...unknown]
    .filter(([value]) => !customary[isColour ? 'colour' : 'number'].includes(value))
    .slice(0, 3)
    .map(([value, count]) => {
      const written = isColour ? [value % 256, (value >> 8) % 256, value >> 16].join(',') : value;
      return `${count} pixels have the ${isColour ? 'colour' : 'number'} ${written}, which the table of classes lacks; they are void`;
    });
  return { mask, segments, notes };
}

/** Numbers that were saved as grey colours, where the table has no colours. */
function asNumbers(plane: Plane, table: readonly ClassEntry[]): Plane {
  if (!plane.isColour || table.some(({ colour }) => colour !== undefined)) return plane;
  const isGrey = (value: number) => value % 256 === value >> 16 && value % 256 === ((value >> 8) & 255);
  if (!Array.prototype.every.call(plane.values, isGrey)) return plane;
  return { ...plane, values: Uint8Array.from(plane.values), isColour: false };
}

/** The 20 classes of PASCAL VOC, whose folders have no table. */
export const vocTable: ClassEntry[] = [
  ...[
    'background',
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'diningtable',
  ],
  ...['dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor'],
].map((name, value) => ({ value, name, isthing: 1, colour: colourNumber(vocColour(value)) }));

/** The labels of Cityscapes by their ids; those up to 3 say nothing of the scene. */
export const cityscapesTable: ClassEntry[] = [
  ['unlabeled', 0],
  ['unlabeled', 0],
  ['unlabeled', 0],
  ['unlabeled', 0],
  ['static', 0],
  ['dynamic', 0],
  ['ground', 0],
  ['road', 0],
  ['sidewalk', 0],
  ['parking', 0],
  ['rail track', 0],
  ['building', 0],
  ['wall', 0],
  ['fence', 0],
  ['guard rail', 0],
  ['bridge', 0],
  ['tunnel', 0],
  ['pole', 0],
  ['polegroup', 0],
  ['traffic light', 0],
  ['traffic sign', 0],
  ['vegetation', 0],
  ['terrain', 0],
  ['sky', 0],
  ['person', 1],
  ['rider', 1],
  ['car', 1],
  ['truck', 1],
  ['bus', 1],
  ['caravan', 1],
  ['trailer', 1],
  ['train', 1],
  ['motorcycle', 1],
  ['bicycle', 1],
].map(([name, isthing], value) => ({ value, name: String(name), isthing: isthing as 0 | 1 }));

/** Objects of one class that a Cityscapes instance number has room for. */
export const instanceRadix = 1000;

/** Takes a plane of Cityscapes' instance numbers apart: a class below 1000, else class · 1000 + object. */
export function splitInstanceIds({ values, ...size }: Plane): { classes: Plane; objects: Uint32Array } {
  const classes = new Uint32Array(values.length);
  const objects = new Uint32Array(values.length);
  for (let i = 0; i < classes.length; i++) {
    const value = values[i];
    const isObject = value >= instanceRadix && value < 65_000;
    classes[i] = isObject ? Math.floor(value / instanceRadix) : value;
    // By class, so that equal numbers of two classes stay two objects in their order.
    objects[i] = isObject ? value + 1 : 0;
  }
  return { classes: { values: classes, ...size }, objects };
}
