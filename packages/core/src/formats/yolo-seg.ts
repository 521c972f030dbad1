/** The segmentation labels of Ultralytics' YOLO (spec/export.md): a text file an image, a polygon a line. */
import { joinRings, outlines } from './contours.ts';
import { checkImage, distinctNames, type ExportDataset, type Exporter, orderedCategories } from './exporter.ts';

export function yoloSeg(dataset: ExportDataset): Exporter {
  const { pictures = 'images' } = dataset;
  const categories = orderedCategories(dataset);
  const classIndex = new Map(categories.map(({ id }, i) => [id, i]));
  const names = distinctNames(categories).map((name, i) => `  ${i}: ${yamlText(name)}\n`);
  return {
    loses:
      'Holes are filled, thing and stuff are not told apart, segment ids are dropped, the background has no class.',
    image(image) {
      checkImage(image, categories);
      const { stem, mask, segments } = image;
      const rings = outlines(mask);
      const xs = shares(mask.width);
      const ys = shares(mask.height);
      const text = segments.map(({ id, category_id }) => {
        const corners = joinRings(rings.get(id) ?? []).map((value, i) => (i % 2 === 0 ? xs : ys)[value]);
        return `${classIndex.get(category_id)} ${corners.join(' ')}\n`;
      });
      return {
        files: [{ path: labelsOf(`${pictures}/${stem}`), bytes: new TextEncoder().encode(text.join('')) }],
        lines: {},
      };
    },
    documents: [
      {
        path: 'data.yaml',
        parts: [
          `# ${yamlText(dataset.name)}. Put the pictures ${places[pictures]}, and split them into train and val as you wish.\n`,
          ...(dataset.keys ? [`# The masks draw on these keys: ${JSON.stringify(dataset.keys)}\n`] : []),
          ...(dataset.build === undefined ? [] : [`# The masks are those of the build ${dataset.build}.\n`]),
          `train: ${pictures}\nval: ${pictures}\n`,
          names.length > 0 ? `names:\n${names.join('')}` : 'names: {}\n',
        ],
      },
    ],
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
