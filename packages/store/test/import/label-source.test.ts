import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Attribute, AttributeValues } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import type { LabelFormat } from '@saltworks/contract/label-formats';
import { exportFormats } from '@saltworks/core/formats/export';
import { documentText, type ExportImage } from '@saltworks/core/formats/exporter';
import { decodePanoptic, type Mask, segmentsInfo } from '@saltworks/core/mask/mask';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readers } from '../../../../e2e/readers.ts';
import { python } from '../../../../test/python-packages.ts';
import { labelDocument, labelledFolder } from '../../src/import/label-source.ts';
import { decodeIndexPng } from '../../src/import/labels/index-png.ts';
import type { KnownMask, Offer, SourceFile } from '../../src/import/offers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-labels-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: Uint8Array | string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

const collect = async (files: AsyncIterable<Offer>): Promise<Offer[]> => {
  const all: Offer[] = [];
  for await (const file of files) all.push(file);
  return all;
};

const picturesOf = (offers: readonly Offer[]) => offers.filter((offer): offer is SourceFile => 'read' in offer);
const notesOf = (offers: readonly Offer[]) =>
  offers.flatMap((offer) => ('note' in offer ? [`${offer.name}: ${offer.note}`] : []));

type Known = Extract<KnownMask, { png: Uint8Array }>;

/** The known mask of a picture, decoded. */
async function maskOf(file: SourceFile, size: { width: number; height: number }) {
  const known = (await file.truth?.(size)) as KnownMask;
  if (known?.png === undefined) return { notes: known?.notes ?? [], mask: undefined, segments: [], names: [] };
  const { data, info } = await sharp(known.png).raw().toBuffer({ resolveWithObject: true });
  const mask = decodePanoptic({ data: new Uint8Array(data), width: info.width, height: info.height });
  const { segments, categories, notes } = known as Known;
  const names = segments.map(({ category_id }) => {
    const { name, isthing } = categories.find(({ id }) => id === category_id) as Category;
    return `${name}/${isthing}`;
  });
  return { notes, mask, segments, names };
}

// ——— Round trips ———

const categories: Category[] = [
  { id: 3, name: 'duck', isthing: 1 },
  { id: 1, name: 'deep water, "#1" <&>', isthing: 0 },
  { id: 17, name: 'naïve "boat" 🙂', isthing: 1 },
  { id: 2, name: 'shore', isthing: 0 },
];

/** Random masks: blotches with holes and many parts, single pixels, and up to 400 segments. */
const anyMask = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 30 }),
    ids: fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 0xffffff })), {
      maxLength: 8,
    }),
    many: fc.constantFrom(0, 0, 0, 400),
    from: fc.infiniteStream(fc.nat(99)),
  })
  .map(({ width, height, ids, many, from }): Mask => {
    const pixels = new Uint32Array(width * height);
    const owners = [0, ...ids, ...Array.from({ length: many }, (_, k) => 1000 + k)];
    for (let i = 0; i < pixels.length; i++) {
      const [{ value: kind }, { value: owner }] = [from.next(), from.next()] as { value: number }[];
      const near = kind < 45 ? i - 1 : i - width;
      pixels[i] =
        kind < 85 && near >= 0 && many === 0
          ? pixels[near]
          : owners[(owner * 7 + i * (many > 0 ? 1 : 0)) % owners.length];
    }
    return { ids: pixels, width, height };
  });

const names = ['a.jpg', 'sub/ü ünï 🙂.png', "sub/it's.jpg", 'x/y/#1 %20.webp'];
const anyImages = fc.array(anyMask, { minLength: 1, maxLength: names.length });

function imagesOf(masks: readonly Mask[]): ExportImage[] {
  return masks.map((mask, k) => ({
    id: k + 1,
    fileName: names[k],
    stem: names[k].replace(/\.\w+$/, ''),
    mask,
    segments: segmentsInfo(mask, [], []).map((one, i) => ({ ...one, category_id: categories[(i + k) % 4].id })),
  }));
}

async function layExport(format: ExportFormat, images: readonly ExportImage[], attributes?: readonly Attribute[]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const dataset = { name: 'Pond & Co', date: '2026-01-02T03:04:05Z', categories, attributes };
  const { image, documents } = exportFormats[format](dataset);
  const results = images.map(image);
  for (const { path, bytes } of results.flatMap(({ files }) => files)) write(path, bytes);
  for (const document of documents) {
    let text = '';
    for await (const piece of documentText(document, (list) => results.flatMap(({ lines }) => lines[list])))
      text += piece;
    write(document.path, text);
  }
}

/** Where pictures lie beside an export, by format. */
const placeOf: Partial<Record<ExportFormat, (image: ExportImage) => string>> = {
  labelme: ({ fileName }) => fileName,
  cvat: ({ fileName }) => `images/${fileName}`,
  'label-studio': ({ fileName }) => `images/${fileName}`,
  png: ({ fileName }) => `images/${fileName}`,
  voc: ({ stem }) => `JPEGImages/${stem}.jpg`,
  'yolo-seg': ({ fileName }) => `images/${fileName}`,
  cityscapes: ({ stem }) => `leftImg8bit/train/${stem}_leftImg8bit.png`,
};

interface Trip {
  /** Whether thing and stuff come back. */
  kinds: boolean;
  /** What becomes of a mask, where it is not kept. */
  becomes?(image: ExportImage): ExportImage;
}

const trips: Partial<Record<ExportFormat & LabelFormat, Trip>> = {
  labelme: { kinds: true },
  cvat: { kinds: false },
  'label-studio': { kinds: false },
  png: { kinds: true },
  voc: { kinds: false },
  // Holes are tested apart.
  cityscapes: { kinds: true, becomes: oneOfStuff },
};

/** Stuff segments of one category become one. */
function oneOfStuff(image: ExportImage): ExportImage {
  const first = new Map<number, number>();
  const stuff = new Set(categories.filter(({ isthing }) => !isthing).map(({ id }) => id));
  const to = new Map(
    image.segments.map(({ id, category_id }) => {
      if (!stuff.has(category_id)) return [id, id];
      if (!first.has(category_id)) first.set(category_id, id);
      return [id, first.get(category_id) as number];
    }),
  );
  const mask = { ...image.mask, ids: image.mask.ids.map((id) => to.get(id) ?? 0) };
  const segments = segmentsInfo(mask, [], []).map((one) => ({
    ...one,
    category_id: image.segments.find(({ id }) => id === one.id)!.category_id,
  }));
  return { ...image, mask, segments };
}

/** Fails unless two masks have the same segments, whatever their ids. */
function expectSame(got: Awaited<ReturnType<typeof maskOf>>, { mask, segments }: ExportImage, kinds: boolean): void {
  const { mask: back } = got;
  if (!back) {
    expect(segments).toEqual([]);
    return;
  }
  const to = new Map<number, number>([[0, 0]]);
  const from = new Map<number, number>([[0, 0]]);
  mask.ids.forEach((id, i) => {
    if (!to.has(id)) to.set(id, back.ids[i]);
    if (!from.has(back.ids[i])) from.set(back.ids[i], id);
    if (to.get(id) !== back.ids[i] || from.get(back.ids[i]) !== id)
      throw new Error(`pixel ${i}: ${id} is now ${back.ids[i]}`);
  });
  expect(got.segments).toHaveLength(segments.length);
  for (const { id, category_id } of segments) {
    const { name, isthing } = categories.find((one) => one.id === category_id)!;
    const k = got.segments.findIndex((one) => one.id === to.get(id));
    expect(got.names[k]).toBe(`${name}/${kinds ? isthing : 1}`);
  }
}

describe.each(Object.entries(trips))('%s', (name, { kinds, becomes = (image) => image }) => {
  const format = name as ExportFormat & LabelFormat;
  test('random masks, out and in, are equal but for what the format loses', async () => {
    await fc.assert(
      fc.asyncProperty(anyImages, async (masks) => {
        // VOC counts to 254.
        const images = imagesOf(masks).filter(({ segments }) => format !== 'voc' || segments.length < 255);
        fc.pre(images.length > 0);
        await layExport(format, images);
        for (const image of images) write(placeOf[format]!(image), 'a picture');
        const document = { cvat: 'annotations.xml', 'label-studio': 'tasks.json' }[name];
        const source = document ? await labelDocument(join(folder, document)) : await labelledFolder(folder, 'auto');
        const offers = await collect(source!.files);
        expect(notesOf(offers)).toEqual([]);
        const pictures = picturesOf(offers);
        expect(pictures).toHaveLength(images.length);
        for (const image of images) {
          const place = placeOf[format]!(image);
          const picture = pictures.find(({ name }) => place === name || place === `images/${name}`);
          const got = await maskOf(picture!, image.mask);
          expect(got.notes).toEqual([]);
          expectSame(got, becomes(image), kinds);
        }
      }),
      { numRuns: 40, seed: 20261130, endOnFailure: true },
    );
  });

  test('is recognised by its structure', async () => {
    const [image] = imagesOf([{ ids: Uint32Array.of(1, 1, 0, 2), width: 2, height: 2 }]);
    await layExport(format, [image]);
    write(placeOf[format]!(image), 'a picture');
    expect((await labelledFolder(folder, 'auto')).labels).toBe(format);
    const others = Object.keys(trips).filter((other) => other !== format) as LabelFormat[];
    for (const other of others) {
      await expect(labelledFolder(folder, other)).rejects.toThrow(InvalidInputError);
    }
  });
});

test('yolo-seg: masks without holes come back, and a hole that another segment fills', async () => {
  const rows = ['..1111..', '..1221..', '331221..', '33111144', '33....44', '3333..44'];
  const ids = Uint32Array.from(rows.join(''), (c) => Number(c) || 0);
  const [image] = imagesOf([{ ids, width: 8, height: 6 }]);
  await layExport('yolo-seg', [image]);
  write('images/a.jpg', 'a picture');
  const source = await labelledFolder(folder, 'auto');
  expect(source.labels).toBe('yolo-seg');
  const [picture] = picturesOf(await collect(source.files));
  const got = await maskOf(picture, image.mask);
  expectSame(got, image, false);
  expect(got.notes).toEqual(['4 pixels lie in several shapes; the smaller one has them']);
});

// ——— What people have ———

const square = [
  [2, 1],
  [6, 1],
  [6, 5],
  [2, 5],
];
const labelmeFile = (changes: object = {}) =>
  JSON.stringify({
    version: '5.2.0',
    flags: {},
    shapes: [{ label: 'ball', points: square, group_id: null, shape_type: 'polygon', flags: {} }],
    imagePath: 'a.jpg',
    imageData: null,
    imageHeight: 8,
    imageWidth: 10,
    ...changes,
  });
const size = { width: 10, height: 8 };

async function labelmeOf(document: string) {
  write('a.jpg', 'a picture');
  write('a.json', document);
  const offers = await collect((await labelledFolder(folder, 'labelme')).files);
  return { offers, ...(await maskOf(picturesOf(offers)[0], size)) };
}

describe('labelme', () => {
  test('a polygon covers the pixels whose centres it encloses', async () => {
    const { mask, names } = await labelmeOf(labelmeFile());
    expect(names).toEqual(['ball/1']);
    mask!.ids.forEach((id, i) => {
      const [x, y] = [i % 10, Math.floor(i / 10)];
      expect(id).toBe(x >= 2 && x < 6 && y >= 1 && y < 5 ? 1 : 0);
    });
  });

  test('shapes of one group are one segment; later shapes win, and the pixels are counted', async () => {
    const far = square.map(([x, y]) => [x + 2, y]);
    const shapes = [
      { label: 'ball', points: square, group_id: 3 },
      {
        label: 'ball',
        points: [
          [8, 6],
          [10, 6],
          [10, 8],
          [8, 8],
        ],
        group_id: 3,
      },
      { label: 'post', points: far },
    ];
    const { segments, notes } = await labelmeOf(labelmeFile({ shapes }));
    expect(segments.map(({ area }) => area)).toEqual([8 + 4, 16]);
    expect(notes).toEqual(['8 pixels lie in several shapes; the later one has them']);
  });

  test.each([
    [
      'boxes and points',
      {
        shapes: [
          {
            label: 'a',
            points: [
              [1, 1],
              [4, 4],
            ],
            shape_type: 'rectangle',
          },
          { label: 'a', points: [[1, 1]], shape_type: 'point' },
        ],
      },
      /shape 1 has the type "rectangle"/,
    ],
    [
      'two corners',
      {
        shapes: [
          {
            label: 'a',
            points: [
              [1, 1],
              [4, 4],
            ],
          },
        ],
      },
      /4 corners|2 corners/,
    ],
    [
      'no numbers',
      {
        shapes: [
          {
            label: 'a',
            points: [
              ['x', 1],
              [4, 4],
              [1, 4],
            ],
          },
        ],
      },
      /expected x and y/,
    ],
    [
      'a mask that is none',
      {
        shapes: [
          {
            label: 'a',
            points: [
              [1, 1],
              [4, 4],
            ],
            shape_type: 'mask',
            mask: 'AAAA',
          },
        ],
      },
      /no PNG/,
    ],
    ['another size', { imageWidth: 11 }, /its labels are for 11 × 8 pixels, the file 10 × 8/],
    [
      'far places',
      {
        shapes: [
          {
            label: 'a',
            points: [
              [1e9, 1],
              [4, 4],
              [1, 4],
            ],
          },
        ],
      },
      /expected x and y/,
    ],
  ])('%s are left out with a line', async (_, changes, reason) => {
    const { mask, notes } = await labelmeOf(labelmeFile(changes));
    expect(mask).toBeUndefined();
    expect(notes.join()).toMatch(reason);
  });

  test('a file without its picture, a broken one, and a picture without a file', async () => {
    write('b.jpg', 'a picture');
    write('c.json', labelmeFile({ imagePath: '../../etc/passwd' }));
    write('d.json', '{"shapes": [');
    const { offers } = await labelmeOf(labelmeFile());
    expect(notesOf(offers)).toEqual([
      'c.json: its picture "../../etc/passwd" is not there',
      expect.stringMatching(/^d\.json: not JSON/),
    ]);
    expect(picturesOf(offers).map(({ name, truth }) => [name, truth !== undefined])).toEqual([
      ['a.jpg', true],
      ['b.jpg', false],
    ]);
  });
});

const cvatFile = (shapes: string, head = '') =>
  `<?xml version="1.0" encoding="utf-8"?>${head}<annotations><version>1.1</version><meta><task><labels><label><name>cat &amp; dog</name></label><label><name>sky</name></label></labels></task></meta>` +
  `<image id="0" name="a.jpg" width="10" height="8">${shapes}</image></annotations>`;
const polygonOf = (label: string, points: string, more = '') =>
  `<polygon label="${label}" source="manual" occluded="0" points="${points}" ${more}></polygon>`;

async function cvatOf(text: string) {
  write('images/a.jpg', 'a picture');
  write('annotations.xml', text);
  const source = (await labelDocument(join(folder, 'annotations.xml')))!;
  const offers = await collect(source.files);
  const [picture] = picturesOf(offers);
  return { source, version: picture.version, ...(await maskOf(picture, size)) };
}

describe('CVAT', () => {
  test('values of segments go out and come back as they are', async () => {
    const attributes: Attribute[] = [
      { id: 1, name: 'asleep', of: 'segment', kind: 'flag' },
      { id: 2, name: 'fur <&> "ü"', of: 'segment', kind: 'choice', choices: ['short', 'long <"&">'], classes: [3] },
      { id: 3, name: 'age', of: 'segment', kind: 'number' },
      { id: 4, name: 'remark', of: 'segment', kind: 'text' },
    ];
    const values: (AttributeValues | undefined)[] = [
      { asleep: true, 'fur <&> "ü"': 'long <"&">', age: 2.5, name: 'Rex & co' },
      { asleep: false, age: -1e9, remark: ' two\nlines ' },
      // A text that looks like a number stays one; constructor is a name like others.
      { remark: '007', constructor: 'of boats' },
      undefined,
    ];
    const [image] = imagesOf([{ ids: Uint32Array.of(1, 2, 3, 4, 1, 2, 3, 0), width: 4, height: 2 }]);
    const segments = image.segments.map((segment, k) => ({ ...segment, attributes: values[k] }));
    await layExport('cvat', [{ ...image, segments }], attributes);
    write('images/a.jpg', 'a picture');
    const source = await labelDocument(join(folder, 'annotations.xml'));
    const got = await maskOf(picturesOf(await collect(source!.files))[0], image.mask);
    expect(got.notes).toEqual([]);
    const back = image.segments.map(({ bbox: [x, y] }) => got.mask!.ids[y * 4 + x]);
    expect(back.map((id) => got.segments.find((one) => one.id === id)?.attributes)).toEqual(values);
  });

  test('a value that its label does not ask for so is left out with a line', async () => {
    const asked = (name: string, type: string, values = '') =>
      `<attribute><name>${name}</name><mutable>False</mutable><input_type>${type}</input_type><default_value></default_value><values>${values}</values></attribute>`;
    const label = `<label><name>sky</name><attributes>${[
      asked('dark', 'checkbox', 'false'),
      asked('cloud', 'radio', 'none\nmany'),
      asked('height', 'number', '0\n10\n1'),
      asked('note', 'text'),
    ].join('')}</attributes></label>`;
    const told = (values: Record<string, string>) =>
      Object.entries(values).map(([name, value]) => `<attribute name="${name}">${value}</attribute>`);
    const shape = (group: number, values: Record<string, string>) =>
      `<polygon label="sky" points="0,0;4,0;4,4;0,4" group_id="${group}">${told(values).join('')}</polygon>`;
    const text = cvatFile(
      [
        shape(1, { dark: 'true', cloud: 'none', height: '3' }),
        // Of one segment with the first: what it says counts.
        shape(1, { dark: 'False', note: '' }),
        shape(0, { dark: 'perhaps', cloud: 'few', height: 'high', note: 'x', other: '5' }),
        '<tag label="sky"><attribute name="dark">true</attribute></tag>',
      ].join(''),
    ).replace('<label><name>sky</name></label>', label);
    const { segments, notes } = await cvatOf(text.replace('0,0;4,0;4,4;0,4', '5,0;9,0;9,4;5,4'));
    expect(segments.map(({ attributes }) => attributes)).toEqual([
      { dark: false, cloud: 'none', height: 3 },
      { note: 'x', other: '5' },
    ]);
    expect(notes.filter((note) => !note.includes('pixels'))).toEqual([
      'attribute "dark of shape 3" has "perhaps"; expected true or false; it is left out',
      'attribute "cloud of shape 3" has "few"; expected one of none, many; it is left out',
      'attribute "height of shape 3" has "high"; expected a number; it is left out',
    ]);
  });

  test('other kinds of values are other labels', async () => {
    const shape = '<polygon label="sky" points="0,0;4,0;4,4;0,4"><attribute name="n">5</attribute></polygon>';
    const asked = '<attributes><attribute><name>n</name><input_type>number</input_type></attribute></attributes>';
    const versions: string[] = [];
    for (const declared of ['', asked]) {
      const { version, segments } = await cvatOf(
        cvatFile(shape).replace('<name>sky</name>', `<name>sky</name>${declared}`),
      );
      expect(segments[0].attributes).toEqual({ n: declared === '' ? '5' : 5 });
      versions.push(version.split(' ').at(-1)!);
    }
    expect(versions[0]).not.toBe(versions[1]);
  });

  test('z_order decides, then the order; boxes have a line; the labels of the task come first', async () => {
    const shapes = [
      polygonOf('sky', '2,1;6,1;6,5;2,5', 'z_order="1"'),
      polygonOf('cat &amp; dog', '0.00,0.00;10.00,0.00;10.00,8.00;0.00,8.00', 'z_order="0"'),
      '<box label="sky" xtl="1" ytl="1" xbr="3" ybr="3" z_order="2"><attribute name="x">1</attribute></box>',
    ];
    const { source, names, segments, notes } = await cvatOf(cvatFile(shapes.join('')));
    expect(source.categories.map(({ name }) => name)).toEqual(['cat & dog', 'sky']);
    expect(segments.map(({ area }, k) => [names[k], area])).toEqual([
      ['cat & dog/1', 64],
      ['sky/1', 16],
    ]);
    expect(notes).toEqual([
      'shape 3 has the kind box, which has no pixels; it is left out',
      '16 pixels lie in several shapes; the one of the higher z_order, or the later has them',
    ]);
  });

  test.each([
    ['entities of its own', cvatFile('', '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>'), /document type/],
    ['an unknown entity', cvatFile(polygonOf('&c;', '0,0;1,1;2,0')), /no XML/],
    ['an end too early', '<annotations><image name="a.jpg">', /no XML/],
    ['elements without end', `<annotations>${'<a>'.repeat(100)}`, /within each other/],
    ['a video', '<annotations><track id="0"></track></annotations>', /tracks of a video/],
  ])('%s: refused with one line', async (_, text, reason) => {
    write('annotations.xml', text);
    await expect(labelDocument(join(folder, 'annotations.xml'))).rejects.toThrow(reason);
    await expect(labelDocument(join(folder, 'annotations.xml'))).rejects.toThrow(InvalidInputError);
  });

  test.each([
    ['rle="4" left="9" top="0" width="2" height="2"', /expected one inside the picture/],
    ['rle="1, 99999999" left="0" top="0" width="2" height="2"', /run lengths of 100000000 pixels/],
    ['rle="-1, 5" left="0" top="0" width="2" height="2"', /run lengths of NaN/],
  ])('a mask with %s is left out', async (attributes, reason) => {
    const { mask, notes } = await cvatOf(cvatFile(`<mask label="sky" ${attributes}></mask>`));
    expect(mask).toBeUndefined();
    expect(notes.join()).toMatch(reason);
  });
});

describe('Label Studio', () => {
  const region = (value: object, more: object = {}) => ({
    id: 'r',
    type: 'polygonlabels',
    original_width: 10,
    original_height: 8,
    image_rotation: 0,
    value,
    ...more,
  });
  const polygon = {
    points: [
      [20, 12.5],
      [60, 12.5],
      [60, 62.5],
      [20, 62.5],
    ],
    polygonlabels: ['ball'],
  };
  const task = (image: string, result: object[], more: object = {}) => ({
    id: 1,
    data: { image },
    annotations: [{ id: 1, result, ...more }],
  });

  async function studioOf(tasks: object[]) {
    write('images/sub/a.jpg', 'a picture');
    write('tasks.json', JSON.stringify(tasks));
    const offers = await collect((await labelDocument(join(folder, 'tasks.json')))!.files);
    return { offers, ...(await maskOf(picturesOf(offers)[0], size)) };
  }

  test.each([
    '/data/local-files/?d=some/sub/a.jpg',
    '/data/upload/3/0123abcd-a.jpg',
    's3://bucket/sub/a.jpg',
    'https://host.example/x/a.jpg?size=1',
    'a.jpg',
  ])('finds the picture of %s', async (image) => {
    const { segments } = await studioOf([task(image, [region(polygon)])]);
    expect(segments).toMatchObject([{ area: 16, bbox: [2, 1, 4, 4] }]);
  });

  test('takes the ground truth, else the last annotation that was not skipped', async () => {
    const half = {
      ...polygon,
      points: [
        [0, 0],
        [50, 0],
        [50, 100],
        [0, 100],
      ],
    };
    const made = task('a.jpg', [region(polygon)]);
    made.annotations.push({ id: 2, result: [region(half)] }, { id: 3, result: [], was_cancelled: true } as never);
    const { segments, notes } = await studioOf([made]);
    expect(segments).toMatchObject([{ area: 40 }]);
    expect(notes).toEqual(['1 more annotations of its task are not taken']);
    Object.assign(made.annotations[0], { ground_truth: true });
    expect((await studioOf([made])).segments).toMatchObject([{ area: 16 }]);
  });

  test.each([
    [
      'a box',
      region(
        { x: 1, y: 1, width: 5, height: 5, rectanglelabels: ['ball'], labels: ['ball'] },
        { type: 'rectanglelabels' },
      ),
      /no pixels/,
    ],
    ['a rotation', region(polygon, { image_rotation: 90 }), /a rotation of 90/],
    ['another size', region(polygon, { original_width: 11 }), /a size of 11 × 8/],
    [
      'too many values',
      region({ format: 'rle', rle: [255, 255, 255, 255, 59, 73, 126, 127, 255], brushlabels: ['ball'] }),
      /expected 320/,
    ],
    ['an early end', region({ format: 'rle', rle: [0, 0, 1, 64, 59, 0], brushlabels: ['ball'] }), /end too early/],
  ])('%s is left out with a line', async (_, one, reason) => {
    const { mask, notes } = await studioOf([task('a.jpg', [one])]);
    expect(mask).toBeUndefined();
    expect(notes.join()).toMatch(reason);
  });
});

describe('folders of PNGs', () => {
  const grey = (values: number[]) =>
    sharp(Buffer.from(values), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
  const small = { width: 2, height: 2 };

  test('VOC: 255 is the void, an object without a class is nothing, and the classes are the 20 unless labelmap.txt says more', async () => {
    write('JPEGImages/a.jpg', 'a picture');
    write('SegmentationClass/a.png', await grey([0, 8, 255, 12]));
    write('SegmentationObject/a.png', await grey([0, 1, 255, 2]));
    const source = await labelledFolder(folder, 'voc');
    const [picture, ...others] = picturesOf(await collect(source.files));
    expect(others).toEqual([]);
    expect(await maskOf(picture, small)).toMatchObject({ names: ['cat/1', 'dog/1'], notes: [] });
  });

  test('Cityscapes: its own classes, stuff as one segment, things by number', async () => {
    const numbers = Uint16Array.of(7, 26_001, 26_000, 3);
    const png = await sharp(numbers, { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    write('leftImg8bit/val/bern/b_0_1_leftImg8bit.png', 'a picture');
    write('gtFine/val/bern/b_0_1_gtFine_instanceIds.png', png);
    write('gtFine/val/bern/b_0_1_gtFine_color.png', 'colours');
    const source = await labelledFolder(folder, 'auto');
    expect(source.labels).toBe('cityscapes');
    const [picture, ...others] = picturesOf(await collect(source.files));
    expect(others).toEqual([]);
    expect((await maskOf(picture, small)).names.sort()).toEqual(['car/1', 'car/1', 'road/0']);
  });

  test.each([
    ['codes.txt', 'void\ncat\nsky\n'],
    ['classes.csv', 'name,r,g,b\nvoid,0,0,0\ncat,1,2,3\nsky,9,9,9\n'],
    ['class_dict.csv', 'index;name\n1;cat\n2;sky\n'],
    ['labelmap.txt', '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:1,2,3::\nsky:9,9,9::\n'],
    ['classes.json', '{"0": "background", "1": "cat", "2": "sky"}'],
    ['labels.json', '[{"id": 1, "name": "cat"}, {"id": 2, "name": "sky", "isthing": 0}]'],
  ])('%s is a table of classes', async (file, table) => {
    write(file, table);
    write('images/a.jpg', 'a picture');
    write('masks/a_mask.png', await grey([0, 1, 2, 7]));
    const source = await labelledFolder(folder, 'auto');
    expect(source.labels).toBe('png');
    const [picture] = picturesOf(await collect(source.files));
    const { names, notes } = await maskOf(picture, small);
    expect(names.map((name) => name.split('/')[0])).toEqual(['cat', 'sky']);
    expect(notes).toEqual(['1 pixels have the number 7, which the table of classes lacks; they are void']);
  });

  test('masks of another size, interlaced ones and damaged ones: the picture comes without, and a line says why', async () => {
    write('classes.txt', 'void\ncat\n');
    const wrong = {
      'a.png': await sharp({ create: { width: 3, height: 2, channels: 3, background: 'black' } })
        .png()
        .toBuffer(),
      'b.png': await sharp(Buffer.alloc(4), { raw: { width: 2, height: 2, channels: 1 } })
        .png({ progressive: true })
        .toBuffer(),
      'c.png': (await grey([0, 1, 0, 1])).subarray(0, 40),
    };
    for (const [name, bytes] of Object.entries(wrong)) {
      write(`images/${name}`, 'a picture');
      write(`masks/${name}`, bytes);
    }
    const notes: string[] = [];
    for (const picture of picturesOf(await collect((await labelledFolder(folder, 'png')).files))) {
      const got = await maskOf(picture, small);
      expect(got.mask).toBeUndefined();
      notes.push(got.notes.join());
    }
    expect(notes).toEqual([
      expect.stringMatching(/a PNG of 3 × 2 pixels; expected at most 2 × 2/),
      expect.stringMatching(/interlaced/),
      expect.stringMatching(/damaged PNG|cut short/),
    ]);
  });
});

test('a PNG that inflates to more than its size is refused before it fills the memory', () => {
  const chunk = (name: string, body: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, Buffer.from(name, 'latin1'), body, Buffer.alloc(4)]);
  };
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
  const bomb = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(50_000_000))),
  ]);
  expect(() => decodeIndexPng(bomb, { width: 10, height: 10 })).toThrow(/damaged/);
});

test.each([1, 2, 4, 8, 16] as const)(
  'PNGs of %i bits, grey or palette, keep their numbers, as Pillow writes them',
  (bits) => {
    const mode = { 1: "'1'", 2: "'P', bits=2", 4: "'P', bits=4", 8: "'L'", 16: "'I;16'" }[bits];
    const program = `
import sys
from PIL import Image
import numpy as np
values = (np.arange(35).reshape(5, 7) * 977) % ${2 ** bits}
kind = ${mode?.split(',')[0]}
if kind == 'P':
    image = Image.fromarray(values.astype(np.uint8)); image = image.copy(); image.putpalette([i % 256 for i in range(3 * ${Math.min(2 ** bits, 256)})])
    image.save(sys.stdout.buffer, 'PNG', bits=${bits})
elif kind == '1':
    Image.fromarray(values.astype(bool)).save(sys.stdout.buffer, 'PNG')
else:
    Image.fromarray(values.astype(np.uint16 if ${bits} == 16 else np.uint8)).save(sys.stdout.buffer, 'PNG')
`;
    const { folder: packages, missing } = readers();
    if (missing) return;
    const run = spawnSync(python, ['-c', program], { env: { ...process.env, PYTHONPATH: packages }, maxBuffer: 1e8 });
    expect(run.stderr.toString()).toBe('');
    const { values } = decodeIndexPng(run.stdout, { width: 7, height: 5 });
    expect([...(values as Uint16Array)]).toEqual(Array.from({ length: 35 }, (_, i) => (i * 977) % 2 ** bits));
  },
);

test('a folder that looks like two formats is refused with what was seen', async () => {
  write('a.jpg', 'a picture');
  write('a.json', labelmeFile());
  write('SegmentationClass/a.png', 'x');
  await expect(labelledFolder(folder, 'auto')).rejects.toThrow(
    /looks like several: voc \(1 PNGs in SegmentationClass\/\), labelme \(a\.json among 1 JSON files\); expected --labels/,
  );
  await expect(labelledFolder(folder, 'cvat')).rejects.toThrow(
    /is no cvat, it looks like voc .*expected annotations\.xml/,
  );
});

test('grey numbers saved as colours are numbers, where the table has no colours', async () => {
  write('classes.txt', 'void\ncat\nsky\n');
  write('images/a.jpg', 'a picture');
  const values = Buffer.from([0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0]);
  write(
    'labels/a.png',
    await sharp(values, { raw: { width: 2, height: 2, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const [picture] = picturesOf(await collect((await labelledFolder(folder, 'auto')).files));
  expect(await maskOf(picture, { width: 2, height: 2 })).toMatchObject({ names: ['cat/1', 'sky/1'], notes: [] });
});

test('a folder of pictures alone has no labels', async () => {
  write('a.jpg', 'a picture');
  await expect(labelledFolder(folder, 'auto')).rejects.toThrow(/no labels that are known; expected one of COCO/);
});
