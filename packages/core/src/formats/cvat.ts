/** CVAT's XML 1.1 for images (spec/export.md): a mask a segment. */
import {
  type AskedValue,
  type Attribute,
  type AttributeValue,
  type AttributeValues,
  misfit,
  segmentName,
} from '@saltworks/contract/attributes';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import { encodeRegion, wholeRegion } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { cut, type Mask } from '../mask/mask.ts';
import { visitRegion } from '../seeds/paint.ts';
import { vocHex } from './colour-map.ts';
import { type ExportDataset, type Exporter, namedCategories, segmentAttributes } from './exporter.ts';
import { type Classes, LeftOut, Painter, type ReadLabels, type Run, shown } from './paint.ts';
import { fillPolygon } from './polygon-fill.ts';
import { xmlText } from './xml-text.ts';

export function cvat(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  const labels = categories.map(({ id, name }, i) => {
    const asked = declared(dataset.attributes, id).map(declaration).join('');
    return `<label><name>${xmlText(name)}</name><color>${vocHex(i + 1)}</color><type>any</type><attributes>${asked}</attributes></label>\n`;
  });
  return {
    image(image) {
      const { id, fileName, mask, segments, split } = image;
      const masks = segments.map((segment) => {
        const [left, top, width, height] = segment.bbox;
        const label = `label="${xmlText(nameOf.get(segment.category_id) ?? '')}" source="manual" occluded="0"`;
        const rle = boxRuns(mask, segment).join(', ');
        return `<mask ${label} rle="${rle}" left="${left}" top="${top}" width="${width}" height="${height}" z_order="0">${valueLines(segment.attributes)}</mask>`;
      });
      const { width, height } = mask;
      const subset = split === undefined ? '' : ` subset="${xmlText(split)}"`;
      const head = `<image id="${id - 1}" name="${xmlText(fileName)}"${subset} width="${width}" height="${height}">`;
      return { files: [], lines: { images: [`${head}${masks.join('')}</image>`] } };
    },
    documents: [
      {
        path: 'annotations.xml',
        parts: [
          '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n',
          `<meta><task><name>${xmlText(dataset.name)}</name><mode>annotation</mode><labels>\n${labels.join('')}</labels></task></meta>\n`,
          { list: 'images', between: '\n', after: '' },
          '\n</annotations>\n',
        ],
      },
    ],
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

/** What a campaign asks of a class's segments, and the name that a person may give one. */
const declared = (attributes: ExportDataset['attributes'], category: number): Declared[] =>
  attributes ? [...segmentAttributes(attributes, category), { name: segmentName, kind: 'text' }] : [];

type Declared = Pick<Attribute, 'name' | 'kind' | 'choices'>;

/** CVAT's numbers have bounds and a step. */
const bounds = [-1_000_000_000, 1_000_000_000, 1];

/** How CVAT asks for an attribute. A shape without a value has the default there. */
function declaration({ name, kind, choices = [] }: Declared): string {
  const [type, first, values] = {
    flag: ['checkbox', 'false', ['false', 'true']],
    choice: ['select', choices[0] ?? '', choices],
    number: ['number', '0', bounds],
    text: ['text', '', []],
  }[kind] as [string, string, readonly (string | number)[]];
  const lines = values.map((value) => xmlText(String(value))).join('\n');
  return `<attribute><name>${xmlText(name)}</name><mutable>False</mutable><input_type>${type}</input_type><default_value>${xmlText(first)}</default_value><values>${lines}</values></attribute>`;
}

/** CVAT reads the values of attributes that the label of its task has. */
const valueLines = (attributes: AttributeValues = {}): string =>
  Object.entries(attributes)
    .map(([name, value]) => `<attribute name="${xmlText(name)}">${xmlText(String(value))}</attribute>`)
    .join('');

/** Run lengths of a segment within its box, row by row, ground first, up to the end of the box. */
function boxRuns(mask: Mask, { id, bbox }: SegmentInfo): number[] {
  const inBox = cut(mask, { id, bbox });
  return wholeRegion(encodeRegion(inBox, 1), inBox.length);
}

/** A shape of an image: the name of its element, the attributes of that, and what it tells by name; all unchecked. */
export interface CvatShape {
  kind: string;
  attributes: Readonly<Record<string, string>>;
  values: readonly (readonly [name: string, value: string])[];
}

/** What a document's labels ask of their shapes, by the names of both. */
export type CvatAsked = ReadonlyMap<string, ReadonlyMap<string, AskedValue>>;

/** What an attribute takes. @param type its `<input_type>` @param values a line each */
export function cvatAsked(type: string, values: string): AskedValue {
  if (type === 'checkbox') return { kind: 'flag' };
  if (type === 'number') return { kind: 'number' };
  if (type !== 'select' && type !== 'radio') return { kind: 'text' };
  return { kind: 'choice', choices: values.split(/\r?\n/).filter((choice) => choice !== '') };
}

/** @returns undefined for an empty text, which is CVAT's for no value @throws InvalidInputError unless the value is one that is asked for */
function typed(asked: AskedValue, text: string): AttributeValue | undefined {
  if (text.trim() === '') return undefined;
  const read: Record<AskedValue['kind'], () => AttributeValue> = {
    flag: () => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text),
    number: () => (Number.isFinite(Number(text)) ? Number(text) : text),
    choice: () => text,
    text: () => text,
  };
  const value = read[asked.kind]();
  const wrong = misfit(asked, value);
  if (wrong === undefined) return value;
  throw new InvalidInputError(wrong);
}

/** Whether a shape covers pixels that were drawn one by one or as a polygon. */
export const isCvatRegion = (kind: string): boolean => kind === 'polygon' || kind === 'mask';

/**
 * Paints polygons and masks by `z_order`, in their order within one. Shapes of one label that share a `group_id` are one
 * segment, as in CVAT's own export to COCO; where their values differ, the last one's count.
 *
 * @param asked kinds of the values; others are texts
 */
export function cvatMask(
  shapes: readonly CvatShape[],
  size: { width: number; height: number },
  classes: Classes,
  asked: CvatAsked = new Map(),
): ReadLabels {
  const painter = new Painter(size);
  const left = new LeftOut('shape');
  const leftValues = new LeftOut('attribute');
  const ordered = shapes
    .map((shape, k) => ({ ...shape, k, z: Number(shape.attributes.z_order) || 0 }))
    .sort((a, b) => a.z - b.z || a.k - b.k);
  const given = new Map<number, Map<string, AttributeValue>>();
  for (const { kind, attributes, values, k } of ordered) {
    left.attempt(k + 1, () => {
      const { label = '', group_id: group } = attributes;
      if (!isCvatRegion(kind)) throw new InvalidInputError(`the kind ${kind}, which has no pixels`);
      if (label === '') throw new InvalidInputError('no label');
      const paint = kind === 'mask' ? boxMask(attributes, size) : polygon(attributes, size);
      const isAlone = group === '0' || group === '';
      const segment = painter.segment(classes.id(label), isAlone ? undefined : group);
      paint(painter.run(segment));
      const own = given.get(segment) ?? new Map<string, AttributeValue>();
      given.set(segment, own);
      for (const [name, text] of values) {
        try {
          const value = typed(asked.get(label)?.get(name) ?? { kind: 'text' }, text);
          if (value !== undefined) own.set(name, value);
        } catch (error) {
          leftValues.add(`${name} of shape ${k + 1}`, (error as Error).message);
        }
      }
    });
  }
  const read = painter.done([...left.notes(), ...leftValues.notes()], 'the one of the higher z_order, or the later');
  return { ...read, segments: read.segments.map((segment) => withValues(segment, given.get(segment.id))) };
}

function withValues(segment: SegmentInfo, values: ReadonlyMap<string, AttributeValue> = new Map()): SegmentInfo {
  return values.size === 0 ? segment : { ...segment, attributes: Object.fromEntries(values) };
}

type Paint = (run: Run) => void;

function polygon({ points = '' }: CvatShape['attributes'], size: { width: number; height: number }): Paint {
  const corners = points.split(/[;,]/).map(Number);
  if (corners.length < 6 || corners.length % 2 === 1 || !corners.every((value) => Math.abs(value) < 1e6)) {
    throw new InvalidInputError(`points ${shown(points)}; expected x and y of three corners or more`);
  }
  return (run) => fillPolygon([corners], size, run);
}

function boxMask(
  { rle = '', left, top, width, height }: CvatShape['attributes'],
  size: { width: number; height: number },
): Paint {
  const [x, y, w, h] = [left, top, width, height].map((value = '') => Math.round(Number(value)));
  const isInside = x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= size.width && y + h <= size.height;
  if (!isInside) throw new InvalidInputError(`the box ${[x, y, w, h].join(', ')}; expected one inside the picture`);
  const counts = rle.split(',').map(Number);
  const sum = counts.reduce((sum, count) => sum + (Number.isSafeInteger(count) && count >= 0 ? count : Number.NaN), 0);
  if (sum !== w * h) throw new InvalidInputError(`run lengths of ${sum} pixels in all; expected ${w} × ${h}`);
  return (run) => {
    visitRegion(counts, { width: w, height: h }, (row, left, right) => {
      const from = (y + row) * size.width + x;
      run(from + left, from + right + 1);
    });
  };
}
