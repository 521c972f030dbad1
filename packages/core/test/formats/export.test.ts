import type { Attribute, AttributeValues } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { describe, expect, test } from 'vitest';
import { exportFormats } from '../../src/formats/export.ts';
import { documentText, type ExportImage } from '../../src/formats/exporter.ts';
import { labelStudioMask } from '../../src/formats/label-studio.ts';
import type { Classes } from '../../src/formats/paint.ts';
import { blotchy, categories, dataset, drawn, exported, imageOf, open, some } from './export-images.ts';

const names = Object.keys(exportFormats) as ExportFormat[];

describe('every format', () => {
  test.each(names)('%s: the same images give the same bytes', async (name) => {
    expect(await exported(open(name), some)).toEqual(await exported(open(name), some));
  });
  test.each(names)('%s: an image without segments is exported, too', async (name) => {
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
  test.each(names)('%s: refuses images that would lose something or land elsewhere', (name) => {
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
  test.each(names)('%s: refuses categories without a name, which earlier versions imported', (name) => {
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
      expect(path).toMatch(/day 1\/a\.b(_gtFine_\w+)?\.\w+$/);
  });
});

describe('documents', () => {
  const document = { path: 'x', parts: ['<', { list: 'a', between: ',', after: ';' }, '>'] };
  test('come in pieces of at most a line, and ask for a line only after giving out the last one', async () => {
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

describe('names', () => {
  test('that differ only in kind become distinct in formats without kinds', async () => {
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

describe('attributes', () => {
  const attributes: Attribute[] = [
    { id: 1, name: 'asleep', of: 'segment', kind: 'flag' },
    { id: 2, name: 'fur <&>', of: 'segment', kind: 'choice', choices: ['short', 'long "&"'], classes: [1, 5] },
    { id: 3, name: 'age', of: 'segment', kind: 'number', classes: [5], required: true },
    { id: 4, name: 'remark', of: 'segment', kind: 'text' },
    { id: 7, name: 'weather', of: 'image', kind: 'choice', choices: ['rain', 'sun'] },
    { id: 8, name: 'blurred', of: 'image', kind: 'flag' },
  ];
  // Segment 1 is sky, segment 2 a dog, segment 3 a cat.
  const image = imageOf(drawn('.11.', '2213', '2213'));
  const values: AttributeValues[] = [
    { remark: 'clear' },
    { asleep: true, 'fur <&>': 'long "&"', age: 2.5, name: 'Rex' },
    { asleep: false, 'fur <&>': 'short' },
  ];
  const given: ExportImage = {
    ...image,
    segments: image.segments.map((segment) => ({ ...segment, attributes: values[segment.id - 1] })),
    attributes: { weather: 'rain', blurred: false },
  };

  test('of segments are declared by CVAT’s labels, where their classes have them', async () => {
    const { documents } = await exported(exportFormats.cvat({ ...dataset, attributes }), [given]);
    const text = documents.get('annotations.xml') ?? '';
    const labels = text
      .split('<label>')
      .slice(1)
      .map((label) => label.split('</label>')[0]);
    expect(
      labels.map((label) => [...label.matchAll(/<attribute><name>(.*?)<\/name>/g)].map(([, name]) => name)),
    ).toEqual([
      ['asleep', 'fur &#60;&#38;&#62;', 'remark', 'name'],
      ['asleep', 'remark', 'name'],
      ['asleep', 'fur &#60;&#38;&#62;', 'age', 'remark', 'name'],
    ]);
    const [, , dog] = labels;
    const asked = (type: string, first: string, values: string) =>
      `<mutable>False</mutable><input_type>${type}</input_type><default_value>${first}</default_value><values>${values}</values>`;
    expect(dog).toContain(`<name>asleep</name>${asked('checkbox', 'false', 'false\ntrue')}`);
    expect(dog).toContain(asked('select', 'short', 'short\nlong &#34;&#38;&#34;'));
    expect(dog).toContain(`<name>age</name>${asked('number', '0', '-1000000000\n1000000000\n1')}`);
    expect(dog).toContain(`<name>remark</name>${asked('text', '', '')}`);
    expect(text).toContain('<attribute name="asleep">true</attribute>');
    expect(text).toContain('<attribute name="age">2.5</attribute>');
    // Nothing is asked, nothing is declared.
    const plain = await exported(exportFormats.cvat(dataset), [given]);
    expect(plain.documents.get('annotations.xml')).toContain('<attributes></attributes>');
  });

  test('are controls of Label Studio, and values results of regions and of the image', async () => {
    const { documents } = await exported(exportFormats['label-studio']({ ...dataset, attributes }), [given]);
    const config = documents.get('config.xml') ?? '';
    expect(config).toContain('<Header value="fur &#60;&#38;&#62;" size="5"/>');
    expect(config).toContain(
      '<Choices name="attribute-2" toName="image" perRegion="true" whenTagName="label" whenLabelValue="cat,dog" choice="single-radio"><Choice value="short"/><Choice value="long &#34;&#38;&#34;"/></Choices>',
    );
    expect(config).toContain(
      '<Number name="attribute-3" toName="image" perRegion="true" whenTagName="label" whenLabelValue="dog" required="true"/>',
    );
    expect(config).toContain('<TextArea name="attribute-4" toName="image" perRegion="true" maxSubmissions="1"/>');
    expect(config).toContain('<Choices name="attribute-7" toName="image" choice="single-radio">');
    const [task] = JSON.parse(documents.get('tasks.json') ?? '');
    const results: Record<string, unknown>[] = task.annotations[0].result;
    expect(
      results.filter(({ type }) => type !== 'brushlabels').map(({ id, from_name, value }) => [id, from_name, value]),
    ).toEqual([
      ['segment-1', 'attribute-4', { text: ['clear'] }],
      ['segment-2', 'attribute-1', { choices: ['yes'] }],
      ['segment-2', 'attribute-2', { choices: ['long "&"'] }],
      ['segment-2', 'attribute-3', { number: 2.5 }],
      ['segment-3', 'attribute-1', { choices: ['no'] }],
      ['segment-3', 'attribute-2', { choices: ['short'] }],
      ['image-attribute-7', 'attribute-7', { choices: ['rain'] }],
      ['image-attribute-8', 'attribute-8', { choices: ['no'] }],
    ]);
    expect(results.filter(({ meta }) => meta).map(({ id, meta }) => [id, meta])).toEqual([
      ['segment-2', { text: ['Rex'] }],
    ]);
    // What is no region is none when it is read.
    const classes = { id: (name: string) => categories.find((category) => category.name === name)?.id ?? 0 };
    expect(labelStudioMask(task, image.mask, classes as Classes)).toMatchObject({ notes: [] });
  });
});
