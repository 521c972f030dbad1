/** The segmentation labels of Ultralytics' YOLO (spec/export.md): a text file an image, a polygon a line. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { joinRings, outlines } from './contours.ts';
import { type ExportDataset, type Exporter, type ExportImage, namedCategories, partsOf } from './exporter.ts';
import { type Classes, LeftOut, Painter, type ReadLabels, shown } from './paint.ts';
import { fillPolygon } from './polygon-fill.ts';
import { endingOf } from './stems.ts';

export function yoloSeg(dataset: ExportDataset): Exporter {
  const { pictures = 'images' } = dataset;
  const categories = namedCategories(dataset);
  const classIndex = new Map(categories.map(({ id }, i) => [id, i]));
  const parts = partsOf(dataset).filter((split) => split !== undefined);
  // Of two pictures that differ in their endings alone, each keeps its own twice: YOLO looks for labels without one.
  const pictureOf = ({ stem, fileName }: Pick<ExportImage, 'stem' | 'fileName'>) =>
    `${pictures === '.' ? '' : 'images/'}${stem}${endingOf(fileName)}`;
  const names = categories.map(({ name }, i) => `  ${i}: ${yamlText(name)}\n`);
  return {
    image(image) {
      const { stem, mask, segments, split } = image;
      const rings = outlines(mask);
      const xs = shares(mask.width);
      const ys = shares(mask.height);
      const text = segments.map(({ id, category_id }) => {
        const corners = joinRings(rings.get(id) ?? []).map((value, i) => (i % 2 === 0 ? xs : ys)[value]);
        return `${classIndex.get(category_id)} ${corners.join(' ')}\n`;
      });
      return {
        files: [{ path: labelsOf(`${pictures}/${stem}`), bytes: new TextEncoder().encode(text.join('')) }],
        lines: split === undefined ? {} : { [`pictures-${split}`]: [`./${pictureOf(image)}`] },
      };
    },
    documents: [
      ...parts.map((split) => ({
        path: `${split}.txt`,
        parts: [{ list: `pictures-${split}`, between: '', after: '\n' }],
      })),
      {
        path: 'data.yaml',
        parts: [
          `# ${yamlText(dataset.name)}. ${parts.length > 0 ? `The pictures belong ${places[pictures]}.` : `Put the pictures ${places[pictures]}, and split them into train and val as you wish.`}\n`,
          ...(dataset.keys ? [`# The masks draw on these keys: ${JSON.stringify(dataset.keys)}\n`] : []),
          ...(dataset.build === undefined ? [] : [`# The masks are those of the build ${dataset.build}.\n`]),
          ...(dataset.origin === undefined ? [] : [`# origin: ${dataset.origin}: nobody drew these masks.\n`]),
          ...(dataset.schema === undefined ? [] : [`# The classes are version ${dataset.schema} of the campaign's.\n`]),
          parts.length > 0
            ? parts.map((split) => `${split}: ${split}.txt\n`).join('')
            : `train: ${pictures}\nval: ${pictures}\n`,
          names.length > 0 ? `names:\n${names.join('')}` : 'names: {}\n',
        ],
      },
    ],
    picture: pictureOf,
  };
}

const places = { images: 'into images/', '.': 'beside this file, under their own names' };

/** The path at which YOLO looks for an image's labels: the last folder `images` of the image's path becomes `labels`. */
const labelsOf = (picture: string) =>
  `${`/${picture}`.replace(/(.*)\/images\//s, '$1/labels/').replace(/^\/(\.\/)?/, '')}.txt`;

/** 0 … side as shares of the side, with six decimals as Ultralytics writes them: exact for sides below a million pixels. */
const shares = (side: number) => Array.from({ length: side + 1 }, (_, i) => String(Number((i / side).toFixed(6))));

/** JSON is YAML, except for a few characters that YAML refuses or reads as line breaks. */
const yamlText = (text: string) =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * Paints the polygons of a label file, the largest first, so that the smaller of two wins where they overlap, as in Ultralytics.
 * Lines of boxes are left out.
 *
 * @param names of the classes by their numbers
 */
export function yoloMask(
  text: string,
  size: { width: number; height: number },
  names: ReadonlyMap<number, string>,
  classes: Classes,
): ReadLabels {
  const painter = new Painter(size);
  const left = new LeftOut('line');
  const shapes: { corners: number[]; category: number; area: number; line: number }[] = [];
  text.split(/\r?\n/).forEach((row, k) => {
    const fields = row.trim().split(/\s+/).map(Number);
    if (row.trim() === '') return;
    left.attempt(k + 1, () => {
      const [index, ...shares] = fields;
      const name = names.get(index);
      if (name === undefined) throw new InvalidInputError(`class ${shown(index)}, which data.yaml does not name`);
      if (shares.length === 4) throw new InvalidInputError('a box, which has no pixels');
      if (shares.length < 6 || shares.length % 2 === 1 || !shares.every((share) => Math.abs(share) < 1e3)) {
        throw new InvalidInputError(
          `${shares.length} numbers after its class; expected x and y of three corners or more`,
        );
      }
      const corners = shares.map((share, i) => nearly(share * (i % 2 === 0 ? size.width : size.height)));
      let area = 0;
      fillPolygon([corners], size, (from, to) => {
        area += to - from;
      });
      shapes.push({ corners, category: classes.id(name), area, line: k });
    });
  });
  // Numbered in the file's order.
  const drawn = shapes.map((shape) => ({ ...shape, segment: painter.segment(shape.category) }));
  for (const { corners, segment } of drawn.sort((a, b) => b.area - a.area || a.line - b.line)) {
    fillPolygon([corners], size, painter.run(segment));
  }
  return painter.done(left.notes(), 'the smaller one');
}

/** A corner as it was before it became a share of six decimals: whole ones lie within their error. */
const nearly = (value: number) => (Math.abs(value - Math.round(value)) < 0.02 ? Math.round(value) : value);
