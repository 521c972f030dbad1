/** labelme's JSON files (spec/export.md): one beside each picture, a shape a segment. */
import type { AttributeValues } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import { cut } from '../mask/mask.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { type ExportDataset, type Exporter, namedCategories, stemList, stemLists } from './exporter.ts';
import { type Classes, LeftOut, Painter, type ReadLabels, shown } from './paint.ts';
import { fillPolygon } from './polygon-fill.ts';

export function labelme(dataset: ExportDataset): Exporter {
  const classes = new Map(namedCategories(dataset).map((category) => [category.id, category]));
  return {
    image(image) {
      const { stem, fileName, mask, segments, split } = image;
      const shapes = segments.map(({ id, category_id, bbox, attributes }) => {
        const [x, y, w, h] = bbox;
        const { name, isthing } = classes.get(category_id) as Category;
        return {
          label: name,
          points: [
            [x, y],
            [x + w - 1, y + h - 1],
          ],
          group_id: id,
          description: '',
          shape_type: 'mask',
          flags: { ...(isthing ? {} : { stuff: true }), ...flagsOf(attributes) },
          ...(attributes && { attributes }),
          mask: toBase64(encode({ data: cut(mask, { id, bbox }), width: w, height: h, channels: 1 })),
        };
      });
      const document = {
        version: '5.5.0',
        flags: flagsOf(image.attributes),
        ...(image.attributes && { attributes: image.attributes }),
        shapes,
        imagePath: fileName.slice(fileName.lastIndexOf('/') + 1),
        imageData: null,
        imageHeight: mask.height,
        imageWidth: mask.width,
      };
      return {
        files: [{ path: `${stem}.json`, bytes: new TextEncoder().encode(`${JSON.stringify(document)}\n`) }],
        lines: stemList(split, stem),
      };
    },
    documents: stemLists(dataset),
    picture: ({ fileName }) => fileName,
  };
}

/** What is true or false, as labelme shows it. Its other fields keep the rest. */
const flagsOf = (attributes: AttributeValues = {}) =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => typeof value === 'boolean'));

/** Straight from a document, unchecked. */
export interface LabelmeDocument {
  imagePath?: unknown;
  imageWidth?: unknown;
  imageHeight?: unknown;
  shapes?: unknown;
}

interface Shape {
  label?: unknown;
  points?: unknown;
  group_id?: unknown;
  shape_type?: unknown;
  flags?: unknown;
  mask?: unknown;
}

/** The grey levels of a PNG of at most this size; else throws InvalidInputError. */
export type DecodeMask = (
  png: Uint8Array,
  most: { width: number; height: number },
) => { values: ArrayLike<number>; width: number; height: number };

const shapesOf = ({ shapes }: LabelmeDocument): Shape[] =>
  Array.isArray(shapes) ? shapes.filter((shape) => typeof shape === 'object' && shape !== null) : [];

const isTaken = ({ shape_type = 'polygon' }: Shape) => shape_type === 'polygon' || shape_type === 'mask';
const labelOf = ({ label }: Shape) => (typeof label === 'number' ? String(label) : label);
const isStuff = ({ flags }: Shape) => (Object(flags) as { stuff?: unknown }).stuff === true;

/** Notes the categories of a document's shapes. */
export function labelmeClasses(document: LabelmeDocument, classes: Classes): void {
  for (const shape of shapesOf(document)) {
    const label = labelOf(shape);
    if (typeof label === 'string' && label !== '' && isTaken(shape)) classes.id(label, isStuff(shape) ? 0 : 1);
  }
}

/**
 * Paints polygons and masks in order, later over earlier. Shapes of one label that share a `group_id` are one segment.
 *
 * @param size of the picture, pixels
 */
export function labelmeMask(
  document: LabelmeDocument,
  size: { width: number; height: number },
  classes: Classes,
  decode: DecodeMask,
): ReadLabels {
  const painter = new Painter(size);
  const left = new LeftOut('shape');
  shapesOf(document).forEach((shape, k) => {
    left.attempt(k + 1, () => {
      const label = labelOf(shape);
      const { shape_type: kind = 'polygon', group_id: group, points } = shape;
      if (!isTaken(shape)) throw new InvalidInputError(`the type ${shown(kind)}, which has no pixels`);
      if (typeof label !== 'string' || label === '') throw new InvalidInputError(`the label ${shown(label)}`);
      const corners = cornersOf(points);
      const pixels = kind === 'mask' ? maskOf(shape, size, decode) : undefined;
      const run = painter.run(painter.segment(classes.id(label, isStuff(shape) ? 0 : 1), group ?? undefined));
      if (!pixels) {
        if (corners.length < 6) throw new InvalidInputError(`${corners.length / 2} corners; expected three or more`);
        return fillPolygon([corners], size, run);
      }
      const [left, top] = [Math.round(corners[0] ?? 0), Math.round(corners[1] ?? 0)];
      for (let y = 0; y < pixels.height; y++) {
        for (let x = 0; x < pixels.width; x++) {
          if (pixels.values[y * pixels.width + x] === 0) continue;
          const [px, py] = [left + x, top + y];
          if (px < 0 || py < 0 || px >= size.width || py >= size.height) continue;
          run(py * size.width + px, py * size.width + px + 1);
        }
      }
    });
  });
  return painter.done(left.notes());
}

function maskOf({ mask }: Shape, size: { width: number; height: number }, decode: DecodeMask) {
  if (typeof mask !== 'string') throw new InvalidInputError('no mask');
  return decode(fromBase64(mask), size);
}

/** [[x, y], …] as x y x y …. @throws InvalidInputError for anything else */
export function cornersOf(points: unknown): number[] {
  const corners = Array.isArray(points) ? points.flat(1) : [];
  const whole = Array.isArray(points) && points.every((point) => Array.isArray(point) && point.length === 2);
  if (!whole || !corners.every((value) => typeof value === 'number' && Math.abs(value) < 1e6)) {
    throw new InvalidInputError(`points ${shown(points)}; expected x and y of each`);
  }
  return corners;
}
