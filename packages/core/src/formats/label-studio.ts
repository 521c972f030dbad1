/** Label Studio's JSON (spec/export.md): tasks with brush regions as packed run lengths, and polygons. */
import { type Attribute, type AttributeValue, type AttributeValues, segmentName } from '@saltworks/contract/attributes';
import { encodeRegions, wholeRegion } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { vocHex } from './colour-map.ts';
import {
  type ExportDataset,
  type Exporter,
  namedCategories,
  partName,
  partsOf,
  segmentAttributes,
} from './exporter.ts';
import { cornersOf } from './labelme.ts';
import { type Classes, LeftOut, Painter, type ReadLabels, shown } from './paint.ts';
import { fillPolygon } from './polygon-fill.ts';
import { xmlText } from './xml-text.ts';

export function labelStudio(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  const labels = categories.map(({ name }, i) => {
    return `    <Label value="${xmlText(name)}" background="${vocHex(i + 1)}"/>\n`;
  });
  const { attributes = [] } = dataset;
  const asked = attributes.map((attribute) => control(attribute, attribute.of === 'segment' && namesOf(attribute)));
  /** The classes whose segments have an attribute; undefined if all have, or Label Studio could not tell their names apart. */
  function namesOf({ classes }: Attribute): string[] | undefined {
    const names = categories.filter(({ id }) => classes?.includes(id)).map(({ name }) => name);
    return classes && names.every((name) => !name.includes(',')) ? names : undefined;
  }
  return {
    image(image) {
      const { id, fileName, mask, segments, split } = image;
      const regions = encodeRegions(mask.ids);
      const size = { original_width: mask.width, original_height: mask.height, image_rotation: 0 };
      const result = segments.flatMap((segment) => {
        const region = { id: `segment-${segment.id}`, to_name: 'image', ...size };
        const { [segmentName]: called, ...values } = segment.attributes ?? {};
        const brush = {
          ...{ ...region, type: 'brushlabels', from_name: 'label' },
          ...(called !== undefined && { meta: { text: [String(called)] } }),
          value: {
            format: 'rle',
            rle: [...packRuns(regions.get(segment.id) ?? [], mask.ids.length)],
            brushlabels: [nameOf.get(segment.category_id)],
          },
        };
        const own = segmentAttributes(attributes, segment.category_id);
        return [brush, ...valuesOf(own, values).map((value) => ({ ...region, ...value }))];
      });
      const ofImage = valuesOf(
        attributes.filter(({ of }) => of === 'image'),
        image.attributes,
      ).map((value) => ({ id: `image-${value.from_name}`, to_name: 'image', ...value }));
      const image_url = `/data/local-files/?d=${fileName.split('/').map(encodeURIComponent).join('/')}`;
      const task = {
        id,
        data: { image: image_url },
        annotations: [{ id, was_cancelled: false, result: [...result, ...ofImage] }],
      };
      return { files: [], lines: { [partName('tasks', split)]: [JSON.stringify(task)] } };
    },
    documents: [
      ...partsOf(dataset).map((split) => ({
        path: `${partName('tasks', split)}.json`,
        parts: ['[\n', { list: partName('tasks', split), between: ',\n', after: '' }, '\n]\n'],
      })),
      {
        path: 'config.xml',
        parts: [
          '<View>\n  <Image name="image" value="$image" zoom="true"/>\n  <BrushLabels name="label" toName="image">\n',
          ...labels,
          '  </BrushLabels>\n',
          ...asked,
          '</View>\n',
        ],
      },
    ],
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

const controlName = ({ id }: Attribute) => `attribute-${id}`;

/** Label Studio has no yes and no: a choice of these. */
const choicesOf = ({ kind, choices = [] }: Attribute) => (kind === 'flag' ? ['yes', 'no'] : choices);

/** How Label Studio asks for an attribute. @param classes of segments: those that have it, default all; false of an image */
function control(attribute: Attribute, classes: string[] | undefined | false): string {
  const { name, kind, required } = attribute;
  const when = classes ? ` whenTagName="label" whenLabelValue="${xmlText(classes.join(','))}"` : '';
  const of = `${classes === false ? '' : ' perRegion="true"'}${when}${required ? ' required="true"' : ''}`;
  const head = `name="${controlName(attribute)}" toName="image"${of}`;
  const choices = choicesOf(attribute).map((choice) => `<Choice value="${xmlText(choice)}"/>`);
  const tag = {
    flag: `<Choices ${head} choice="single-radio">${choices.join('')}</Choices>`,
    choice: `<Choices ${head} choice="single-radio">${choices.join('')}</Choices>`,
    number: `<Number ${head}/>`,
    text: `<TextArea ${head} maxSubmissions="1"/>`,
  }[kind];
  return `  <Header value="${xmlText(name)}" size="5"/>\n  ${tag}\n`;
}

/** Values as results of their controls. */
const valuesOf = (attributes: readonly Attribute[], values: AttributeValues = {}) =>
  attributes.flatMap((attribute) => {
    const value = values[attribute.name];
    return value === undefined ? [] : [{ from_name: controlName(attribute), ...answerOf(attribute, value) }];
  });

function answerOf(attribute: Attribute, value: AttributeValue): { type: string; value: object } {
  if (attribute.kind === 'number') return { type: 'number', value: { number: value } };
  if (attribute.kind === 'text') return { type: 'textarea', value: { text: [String(value)] } };
  const choice = typeof value === 'boolean' ? choicesOf(attribute)[value ? 0 : 1] : String(value);
  return { type: 'choices', value: { choices: [choice] } };
}

/** Bits of the four lengths that a run may be written with. */
const lengthBits = [3, 4, 8, 16];
const wordBits = 8;

/**
 * Packs a mask as `@thi.ng/rle-pack` does, which Label Studio reads: 32 bits with the number of values, 5 of their size − 1, four
 * times 4 with a size of lengths − 1; then for each run 1, which size (2 bits), its length − 1, and the value. A pixel is four equal
 * values, 0 or 255: the last one, alpha, counts.
 */
function packRuns(region: number[], pixels: number): Uint8Array {
  const bytes: number[] = [];
  let [held, free] = [0, 8];
  const write = (value: number, bits: number) => {
    for (let bit = bits - 1; bit >= 0; bit--) {
      held = (held << 1) | (Math.floor(value / 2 ** bit) & 1);
      if (--free > 0) continue;
      bytes.push(held);
      [held, free] = [0, 8];
    }
  };
  write(4 * pixels, 32);
  write(wordBits - 1, 5);
  for (const bits of lengthBits) write(bits - 1, 4);
  const repeat = (value: number, count: number) => {
    for (let rest = 4 * count; rest > 0; ) {
      const length = Math.min(rest, 1 << 16);
      const size = lengthBits.findIndex((bits) => length <= 1 << bits);
      write(1, 1);
      write(size, 2);
      write(length - 1, lengthBits[size]);
      write(value, wordBits);
      rest -= length;
    }
  };
  wholeRegion(region, pixels).forEach((length, k) => {
    repeat(k % 2 === 0 ? 0 : 255, length);
  });
  if (free < 8) bytes.push(held << free);
  return Uint8Array.from(bytes);
}

/** Straight from a document, unchecked. */
export interface LabelStudioTask {
  id?: unknown;
  data?: unknown;
  annotations?: unknown;
  /** The name of annotations before Label Studio 1.0. */
  completions?: unknown;
}

interface Region {
  id?: unknown;
  type?: unknown;
  value?: unknown;
  original_width?: unknown;
  original_height?: unknown;
  image_rotation?: unknown;
}

interface Annotation {
  was_cancelled?: unknown;
  ground_truth?: unknown;
  result?: unknown;
}

const objects = <T>(list: unknown): T[] =>
  Array.isArray(list) ? list.filter((entry) => typeof entry === 'object' && entry !== null) : [];

/** The annotation that counts: the ground truth, else the last one. Skipped ones do not. */
function annotationOf(task: LabelStudioTask): { regions: Region[]; others: number } {
  const all = objects<Annotation>(task.annotations ?? task.completions).filter(
    ({ was_cancelled }) => was_cancelled !== true,
  );
  const chosen = all.find(({ ground_truth }) => ground_truth === true) ?? all.at(-1);
  return { regions: objects<Region>(chosen?.result), others: Math.max(0, all.length - 1) };
}

/** Brushes have their labels under `brushlabels`, polygons under `polygonlabels`; both under `labels` where a person chose so. */
function labelsOf(region: Region): string[] {
  const value = Object(region.value) as Record<string, unknown>;
  const labels = [value.brushlabels, value.polygonlabels, value.labels].find(Array.isArray) ?? [];
  return labels.filter((label: unknown) => typeof label === 'string' && label !== '');
}

const isRegion = ({ value }: Region): boolean => {
  const { rle, points } = Object(value) as { rle?: unknown; points?: unknown };
  return Array.isArray(rle) || Array.isArray(points);
};

/** Notes the categories of a task. */
export function labelStudioClasses(task: LabelStudioTask, classes: Classes): void {
  for (const region of annotationOf(task).regions) {
    const [label] = labelsOf(region);
    if (label !== undefined && isRegion(region)) classes.id(label);
  }
}

/** Whether somebody labelled the task. */
export const isLabelled = (task: LabelStudioTask): boolean =>
  objects<Annotation>(task.annotations ?? task.completions).some(({ was_cancelled }) => was_cancelled !== true);

/** Texts of a task's data that may name its picture. */
export const picturesOf = ({ data }: LabelStudioTask): string[] =>
  Object.values(Object(data) as Record<string, unknown>).filter(
    (value) => typeof value === 'string' && value !== '',
  ) as string[];

/** Paints the regions of a task's annotation in order, later over earlier. */
export function labelStudioMask(
  task: LabelStudioTask,
  size: { width: number; height: number },
  classes: Classes,
): ReadLabels {
  const painter = new Painter(size);
  const left = new LeftOut('region');
  const { regions, others } = annotationOf(task);
  const notes = others > 0 ? [`${others} more annotations of its task are not taken`] : [];
  for (const region of regions) {
    // Choices, ratings and relations are no regions.
    if (!isRegion(region) && labelsOf(region).length === 0) continue;
    left.attempt(region.id, () => {
      if (!isRegion(region)) throw new InvalidInputError(`the type ${shown(region.type)}, which has no pixels`);
      const [label, second] = labelsOf(region);
      if (label === undefined) throw new InvalidInputError('no label');
      const { original_width: width, original_height: height, image_rotation: rotation } = region;
      if (rotation !== undefined && rotation !== 0) throw new InvalidInputError(`a rotation of ${shown(rotation)}°`);
      if ((width ?? size.width) !== size.width || (height ?? size.height) !== size.height) {
        throw new InvalidInputError(
          `a size of ${shown(width)} × ${shown(height)} pixels, the picture ${size.width} × ${size.height}`,
        );
      }
      const { rle, points } = Object(region.value) as { rle?: unknown; points?: unknown };
      const runs = Array.isArray(rle) ? unpackRuns(rle, size.width * size.height) : undefined;
      const corners = runs ? [] : percent(points, size);
      const run = painter.run(painter.segment(classes.id(label)));
      if (!runs) fillPolygon([corners], size, run);
      else for (let k = 0; k < runs.length; k += 2) run(runs[k], runs[k + 1]);
      if (second !== undefined) notes.push(`region ${shown(region.id)} has several labels; ${shown(label)} is taken`);
    });
  }
  return painter.done([...notes, ...left.notes()]);
}

function percent(points: unknown, { width, height }: { width: number; height: number }): number[] {
  const corners = cornersOf(points);
  if (corners.length < 6) throw new InvalidInputError(`${corners.length / 2} corners; expected three or more`);
  return corners.map((value, i) => (value * (i % 2 === 0 ? width : height)) / 100);
}

/** Half of a brush's full alpha and more is inside: its border is smooth. */
const opaque = 128;

/**
 * Reads what `packRuns` writes.
 *
 * @returns runs as from, to, from, to … in row-major order
 * @throws InvalidInputError unless it holds four values for each pixel
 */
function unpackRuns(bytes: readonly unknown[], pixels: number): number[] {
  const runs: number[] = [];
  let at = 0;
  const end = 8 * bytes.length;
  const read = (bits: number) => {
    if (at + bits > end) throw new InvalidInputError('run lengths that end too early');
    let value = 0;
    for (let k = 0; k < bits; k++, at++) value = 2 * value + ((Number(bytes[at >> 3]) >> (7 - (at & 7))) & 1);
    return value;
  };
  const values = read(32);
  if (values !== 4 * pixels) throw new InvalidInputError(`run lengths of ${values} values; expected ${4 * pixels}`);
  const word = read(5) + 1;
  const sizes = [0, 0, 0, 0].map(() => read(4) + 1);
  // Of alpha alone: values 3, 7, 11 …
  const take = (from: number, to: number, value: number) => {
    if (value < opaque) return;
    const [first, last] = [Math.ceil((from - 3) / 4), Math.ceil((to - 3) / 4)];
    if (first >= last) return;
    if (runs.at(-1) === first) runs[runs.length - 1] = last;
    else runs.push(first, last);
  };
  for (let i = 0; i < values; ) {
    const isRun = read(1) === 1;
    const to = i + read(sizes[read(2)]) + 1;
    if (to > values) throw new InvalidInputError('run lengths that do not fit the picture');
    if (isRun) take(i, to, read(word));
    for (; !isRun && i < to; i++) take(i, i + 1, read(word));
    i = to;
  }
  return runs;
}
