import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { annotationId } from '../../src/formats/coco.ts';
import { vocColour } from '../../src/formats/colour-map.ts';
import { exportFormats } from '../../src/formats/export.ts';
import { documentText, type Exporter, type ExportImage } from '../../src/formats/exporter.ts';
import { decodeRle } from '../../src/formats/rle.ts';
import { decodePanoptic, type Mask } from '../../src/mask/mask.ts';
import { blotchy, categories, dataset, drawn, imageOf } from './export-images.ts';

const names = Object.keys(exportFormats) as ExportFormat[];
const open = (format: ExportFormat) => exportFormats[format](dataset);

/** The whole export of images: files and documents, by path. */
async function exported(exporter: Exporter, images: readonly ExportImage[]) {
  const results = images.map((image) => exporter.image(image));
  const files = new Map(results.flatMap(({ files }) => files.map(({ path, bytes }) => [path, bytes])));
  const documents = new Map<string, string>();
  for (const document of exporter.documents) {
    let text = '';
    for await (const piece of documentText(document, (list) => results.flatMap(({ lines }) => lines[list])))
      text += piece;
    documents.set(document.path, text);
  }
  return { files, documents };
}

const text = (bytes?: Uint8Array) => new TextDecoder().decode(bytes);
const some = [
  imageOf(drawn('.11.', '2213', '2213'), 1),
  imageOf(drawn('....', '....'), 2),
  imageOf(blotchy(31, 17, [0, 1, 2, 255, 256, 65_536, 0xffffff], 3), 3),
];

describe('every format', () => {
  test.each(names)('%s: the same images give the same bytes', async (name) => {
    expect(await exported(open(name), some)).toEqual(await exported(open(name), some));
  });
  test.each(names)('%s: an image without segments is exported all the same', async (name) => {
    const { files, documents } = await exported(open(name), [some[1]]);
    expect(files.size + documents.size).toBeGreaterThan(0);
    expect(
      open(name)
        .image(some[1])
        .files.map(({ path }) => path),
    ).toEqual([...files.keys()]);
  });
  test.each(names)('%s: the lines are those of the documents, without line breaks', (name) => {
    const exporter = exportFormats[name]({ ...dataset, name: 'a\nb' });
    const lists = exporter.documents.flatMap(({ parts }) =>
      parts.flatMap((part) => (typeof part === 'string' ? [] : part.list)),
    );
    const { lines } = exporter.image({ ...some[0], fileName: 'a\nb.jpg' });
    expect(Object.keys(lines).sort()).toEqual(lists.sort());
    for (const line of Object.values(lines).flat()) expect(line).not.toMatch(/[\r\n]/);
  });
  test.each(names)('%s: refuses what it would lose or misplace', (name) => {
    const exporter = open(name);
    const [image] = some;
    const refuse = (changes: Partial<ExportImage>) => expect(() => exporter.image({ ...image, ...changes }));
    const [first, ...rest] = image.segments;
    for (const stem of ['../1', '/1', 'a//b', 'a/./b', '', '..']) {
      refuse({ stem }).toThrow(`stem ${JSON.stringify(stem)} of image 1; expected a relative path without . or ..`);
    }
    for (const [character, what] of [
      ['\n', 'a line break'],
      ['\r', 'a line break'],
      ['\u2028', 'a line break'],
      ['\t', 'a tab'],
      ['\\', 'a backslash'],
      ['\u0007', 'a control character'],
    ]) {
      const stem = `a${character}b`;
      refuse({ stem }).toThrow(`stem ${JSON.stringify(stem)} of image 1 has ${what}; expected a file name without one`);
    }
    for (const id of [0, 1.5, 2 ** 29]) refuse({ id }).toThrow(`image id ${id}; expected a whole number from 1`);
    refuse({ segments: rest }).toThrow('holds ids 1 that no segment has');
    refuse({ segments: [first, ...image.segments] }).toThrow('segment 1 of 1 has no pixels, or is listed twice');
    refuse({ segments: [{ ...first, id: 9 }, ...rest] }).toThrow('segment 9 of 1 has no pixels');
    refuse({ segments: [{ ...first, category_id: 3 }, ...rest] }).toThrow('category 3; expected one of');
    refuse({ segments: [{ ...first, area: 3 }, ...rest] }).toThrow('area 3 and box 1,0,2,3; expected area 4');
    refuse({ segments: [{ ...first, bbox: [1, 0, 1, 3] }, ...rest] }).toThrow('expected area 4 and box 1,0,2,3');
    refuse({ mask: { ...image.mask, width: 5 } }).toThrow('a mask of 12 pixels for 1; expected 5 × 3');
    refuse({ mask: { ids: new Uint32Array(), width: 0, height: 0 } }).toThrow('expected 0 × 0');
    const large = drawn('1');
    large.ids[0] = 2 ** 24;
    expect(() => exporter.image(imageOf(large))).toThrow('expected ids from 1 to 16777215');
    expect(() => exportFormats[name]({ ...dataset, categories: [...categories, categories[0]] })).toThrow(
      'category "cat" has id 1; expected a positive one of its own',
    );
  });
  test.each(names)('%s: refuses categories without a name, which earlier imports took', (name) => {
    for (const [given, said] of [
      [{ id: 7, isthing: 1 }, 'no name'],
      [{ id: 7, isthing: 1, name: '' }, 'the name ""'],
      [{ id: 7, isthing: 1, name: null }, 'the name null'],
    ] as const) {
      expect(() => exportFormats[name]({ ...dataset, categories: [given as Category] })).toThrow(
        new InvalidInputError(
          `category 7 has ${said}; expected one (mend the document that the dataset came from, and import it again)`,
        ),
      );
    }
  });
  test.each(names)('%s: stems may lie in folders', (name) => {
    for (const { path } of open(name).image({ ...some[0], stem: 'day 1/a.b' }).files)
      expect(path).toMatch(/day 1\/a\.b\.\w+$/);
  });
});

describe('documents', () => {
  const document = { path: 'x', parts: ['<', { list: 'a', between: ',', after: ';' }, '>'] };
  test('come in pieces of at most a line, and ask for a line only when the last is gone', async () => {
    let asked = 0;
    const taken: string[] = [];
    async function* lines() {
      for (; asked < 3; asked++) yield `line ${asked}`;
    }
    for await (const piece of documentText(document, lines)) {
      taken.push(piece);
      expect(asked).toBeLessThan(taken.length);
    }
    expect(taken).toEqual(['<', 'line 0;', ',line 1;', ',line 2;', '>']);
  });
  test.each(['coco-panoptic', 'coco-instances'] as const)('%s are JSON for none, one and many images', async (name) => {
    for (const count of [0, 1, 2, 50]) {
      const images = Array.from({ length: count }, (_, i) => imageOf(blotchy(9, 7, [0, 1, 2, 3], i), i + 1));
      const { documents } = await exported(open(name), images);
      for (const content of documents.values()) {
        const { images, annotations, categories, info } = JSON.parse(content);
        expect(images).toHaveLength(count);
        expect(info).toMatchObject({ description: 'Pond', date_created: '2026-01-02T03:04:05Z' });
        expect(new Set(annotations.map(({ image_id }: { image_id: number }) => image_id)).size).toBe(count);
        expect(categories.length).toBeGreaterThan(0);
      }
    }
  });
});

describe('coco-panoptic', () => {
  test('PNG and JSON hold the masks as they are', async () => {
    const { files, documents } = await exported(open('coco-panoptic'), some);
    const panoptic = JSON.parse(documents.get('panoptic.json')!);
    expect(panoptic.images).toEqual(
      some.map(({ id, fileName, mask: { width, height } }) => ({ id, file_name: fileName, width, height })),
    );
    for (const [i, { id, mask, segments }] of some.entries()) {
      const { file_name, image_id, segments_info } = panoptic.annotations[i];
      expect(image_id).toBe(id);
      expect(segments_info).toEqual(segments);
      const { data, width, height } = decode(files.get(`panoptic/${file_name}`)!);
      expect(decodePanoptic({ data: new Uint8Array(data), width, height })).toEqual(mask);
    }
  });
  test('categories have kind, supercategory and a colour of their own', async () => {
    const { documents } = await exported(open('coco-panoptic'), []);
    expect(JSON.parse(documents.get('panoptic.json')!).categories).toEqual([
      { id: 1, name: 'cat', supercategory: 'thing', isthing: 1, color: [128, 0, 0] },
      { id: 2, name: 'sky', supercategory: 'stuff', isthing: 0, color: [0, 128, 0] },
      { id: 5, name: 'dog', supercategory: 'thing', isthing: 1, color: [128, 128, 0] },
    ]);
  });
});

describe('coco-instances', () => {
  test('holds the things, each as its own run lengths', async () => {
    const { documents, files } = await exported(open('coco-instances'), some);
    expect(files.size).toBe(0);
    const { annotations, categories, images } = JSON.parse(documents.get('instances.json')!);
    expect(images).toHaveLength(3);
    expect(categories).toEqual([
      { id: 1, name: 'cat', supercategory: 'thing' },
      { id: 5, name: 'dog', supercategory: 'thing' },
    ]);
    const things = some.flatMap((image) =>
      image.segments.filter(({ category_id }) => category_id !== 2).map((segment) => ({ image, segment })),
    );
    expect(annotations).toHaveLength(things.length);
    for (const [i, { image, segment }] of things.entries()) {
      const { area, bbox, category_id } = segment;
      expect(annotations[i]).toMatchObject({ area, bbox, category_id, image_id: image.id, iscrowd: 0 });
      expect(annotations[i].id).toBe(annotationId(image.id, segment.id));
      const set = Uint8Array.from(image.mask.ids, (id) => (id === segment.id ? 1 : 0));
      expect(decodeRle(annotations[i].segmentation)).toEqual(set);
    }
  });
  test('annotation ids stay exact and apart up to the last image and segment', () => {
    const last = annotationId(2 ** 29 - 1, 2 ** 24 - 1);
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(last).toBe(2 ** 53 - 1);
    expect(annotationId(2, 0)).toBe(annotationId(1, 2 ** 24 - 1) + 1);
  });
});

describe('voc', () => {
  test('class and object of every pixel are palette indices', async () => {
    const { files } = await exported(open('voc'), some);
    for (const { stem, mask, segments } of some) {
      const classes = new Map(segments.map(({ id, category_id }) => [id, [0, 1, 2, 0, 0, 3][category_id]]));
      const objects = new Map(segments.map(({ id }, i) => [id, i + 1]));
      for (const [folder, indices] of [
        ['SegmentationClass', classes],
        ['SegmentationObject', objects],
      ] as const) {
        const { data, palette, depth, channels } = decode(files.get(`${folder}/${stem}.png`)!);
        expect([depth, channels]).toEqual([8, 1]);
        expect(palette).toEqual(Array.from({ length: 256 }, (_, i) => vocColour(i)));
        expect(data).toEqual(Uint8Array.from(mask.ids, (id) => indices.get(id) ?? 0));
      }
    }
  });
  test('the colour map is the one of the devkit', () => {
    // The first classes and the void, as the VOC 2012 devkit lists them.
    expect([0, 1, 2, 3, 4, 8, 15, 20, 255].map(vocColour)).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
      [0, 0, 128],
      [64, 0, 0],
      [192, 128, 128],
      [0, 64, 128],
      [224, 224, 192],
    ]);
    expect(new Set(Array.from({ length: 5000 }, (_, i) => String(vocColour(i)))).size).toBe(5000);
  });
  test('lists images and labels', async () => {
    const { documents } = await exported(open('voc'), some);
    expect(documents.get('ImageSets/Segmentation/all.txt')).toBe('1\n2\n3\n');
    expect(documents.get('labelmap.txt')).toBe(
      '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\nsky:0,128,0::\ndog:128,128,0::\n',
    );
    expect((await exported(open('voc'), [])).documents.get('ImageSets/Segmentation/all.txt')).toBe('');
  });
  test('254 objects fit into an image, 255 are refused', () => {
    const row = (count: number): Mask => ({
      ids: Uint32Array.from({ length: count }, (_, i) => i + 1),
      width: count,
      height: 1,
    });
    const [, object] = open('voc').image(imageOf(row(254))).files;
    expect(decode(object.bytes).data).toEqual(Uint8Array.from({ length: 254 }, (_, i) => i + 1));
    expect(() => open('voc').image(imageOf(row(255)))).toThrow('255 segments in 1; expected at most 254');
  });
  test('254 categories fit, 255 are refused before any image is read', () => {
    const many = (count: number): Category[] =>
      Array.from({ length: count }, (_, i) => ({ id: i + 1, name: `c${i}`, isthing: 1 }));
    expect(() => exportFormats.voc({ ...dataset, categories: many(254) })).not.toThrow();
    expect(() => exportFormats.voc({ ...dataset, categories: many(255) })).toThrow(
      '255 categories; expected at most 254',
    );
  });
  test('names that the label map cannot hold are refused', () => {
    for (const name of ['a:b', 'a\nb', '#a', ' a']) {
      const named = { ...dataset, categories: [{ id: 1, name, isthing: 1 as const }] };
      expect(() => exportFormats.voc(named), name).toThrow('for VOC');
    }
  });
});

describe('yolo-seg', () => {
  test('a segment is a line: its class and its outline as shares of the sides', async () => {
    const { files } = await exported(open('yolo-seg'), some.slice(0, 2));
    expect(text(files.get('labels/1.txt')).split('\n')).toEqual([
      '1 0.25 0 0.75 0 0.75 1 0.5 1 0.5 0.333333 0.25 0.333333',
      '2 0 0.333333 0.5 0.333333 0.5 1 0 1',
      '0 0.75 0.333333 1 0.333333 1 1 0.75 1',
      '',
    ]);
    expect(text(files.get('labels/2.txt'))).toBe('');
  });
  test('shares give back the corners at any size', () => {
    for (const side of [1, 3, 7, 640, 4001, 65_537, 999_983]) {
      const mask = { ids: new Uint32Array(side), width: side, height: 1 };
      for (const x of [0, side >> 1, side - 1]) mask.ids[x] = 7;
      const [, ...shares] = text(open('yolo-seg').image(imageOf(mask)).files[0].bytes)
        .trim()
        .split(' ')
        .map(Number);
      const corners = new Set(shares.filter((_, i) => i % 2 === 0).map((value) => Math.round(value * side)));
      const expected = new Set([0, side >> 1, side - 1].flatMap((x) => [x, x + 1]));
      for (const corner of corners) expect(expected).toContain(corner);
      expect(corners.has(side)).toBe(true);
    }
  });
  test('data.yaml names every category, whatever its characters', async () => {
    const odd = ['cat', 'a: "b"', 'naïve 🙂', 'x\u2028y\u007f'].map((name, i) => ({
      id: 9 - i,
      name,
      isthing: 1 as const,
    }));
    const { documents } = await exported(exportFormats['yolo-seg']({ ...dataset, categories: odd }), []);
    expect(documents.get('data.yaml')).toBe(
      [
        '# "Pond". Put the pictures into images/, and split them into train and val as you wish.',
        'train: images',
        'val: images',
        'names:',
        '  0: "x\\u2028y\\u007f"',
        '  1: "naïve 🙂"',
        '  2: "a: \\"b\\""',
        '  3: "cat"',
        '',
      ].join('\n'),
    );
  });
});

describe('names', () => {
  test('that differ only in kind are told apart where a format knows no kinds', async () => {
    const wood = [
      { id: 1, name: 'wood', isthing: 1 as const },
      { id: 2, name: 'wood', isthing: 0 as const },
      { id: 3, name: 'background', isthing: 0 as const },
    ];
    const { documents } = await exported(exportFormats.voc({ ...dataset, categories: wood }), []);
    const labels = documents.get('labelmap.txt')!.split('\n').slice(1, -1);
    expect(labels.map((line) => line.split(':')[0])).toEqual(['background', 'wood', 'wood-stuff', 'background-stuff']);
    const yaml = (await exported(exportFormats['yolo-seg']({ ...dataset, categories: wood }), [])).documents;
    expect(yaml.get('data.yaml')).toContain('names:\n  0: "wood"\n  1: "wood-stuff"\n  2: "background"\n');
  });
});
