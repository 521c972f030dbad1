import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { changePictures, expectPictures } from '../src/class-pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-class-pictures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array = name): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

let categories: LabelCategory[];
beforeEach(() => {
  categories = [
    {
      id: 1,
      name: 'cat',
      colour: '#ffffff',
      isthing: true,
      pictures: [{ picture: 'one', alt: 'a tabby' }, { picture: 'two' }],
    },
    // Its name as it will be.
    { id: 2, name: 'hound', colour: '#000000', isthing: true },
  ];
});
const names = ['cat', 'dog'];
const sent: string[] = [];
/** The server, which names a file by what is in it. */
const send = async (file: Blob) => {
  const picture = await file.text();
  if (picture === 'bad') throw new InvalidInputError('3 bytes of another kind');
  sent.push(picture);
  return { picture };
};
const change = async (flags: Parameters<typeof expectPictures>[2]) => {
  await changePictures(await expectPictures(names, categories, flags), send);
  return categories.map(({ pictures }) => pictures);
};

test('pictures are added behind those that there are, to classes as they are called before', async () => {
  const [three, dog] = [file('three'), file('dog')];
  expect(
    await change({ picture: [`cat=${three}`, `dog=${dog}`], alt: ['cat=3:a black one: asleep', 'cat=1:'] }),
  ).toEqual([
    [{ picture: 'one' }, { picture: 'two' }, { picture: 'three', alt: 'a black one: asleep' }],
    [{ picture: 'dog' }],
  ]);
});

test('they are removed by their numbers of before; a class without one has no field; none comes twice', async () => {
  expect(await change({ removePicture: ['cat=1', 'cat=2'] })).toEqual([undefined, undefined]);
  categories[0].pictures = [{ picture: 'one' }, { picture: 'two' }];
  expect(await change({ removePicture: ['cat=1'], picture: [`cat=${file('two')}`] })).toEqual([
    [{ picture: 'two' }],
    undefined,
  ]);
});

test('what cannot be is refused before anything is sent, and what the server refuses with the name of its file', async () => {
  sent.length = 0;
  const good = file('good');
  const large = file('large', new Uint8Array(classPictureLimits.bytes + 1));
  const refused: [Parameters<typeof expectPictures>[2], RegExp][] = [
    [{ picture: [`cow=${good}`] }, /^no class cow; expected one of cat, dog$/],
    [{ picture: [good] }, /^--picture .*; expected NAME=FILE$/],
    [{ picture: [`cat=${good}`, `cat=${join(folder, 'missing')}`] }, /missing/],
    [{ picture: [`cat=${large}`] }, /large: 5242881 bytes; expected at most 5242880$/],
    [{ picture: Array(3).fill(`cat=${good}`) }, /^class cat has 4 pictures; expected no more$/],
    [{ removePicture: ['cat=3'] }, /^--remove-picture cat=3; expected a picture of cat, of which it has 2$/],
    [{ removePicture: ['cat=first'] }, /of which it has 2$/],
    [
      { alt: ['dog=1:a dog'], picture: [`cat=${good}`] },
      /^--alt dog=1:a dog; expected a picture of hound, of which it has 0$/,
    ],
  ];
  for (const [flags, reason] of refused) await expect(change(flags)).rejects.toThrow(reason);
  expect(sent).toEqual([]);
  await expect(change({ picture: [`dog=${file('bad')}`] })).rejects.toThrow(/bad: 3 bytes of another kind$/);
});
