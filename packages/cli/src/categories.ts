/** Parses categories from the command line or a file. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Category } from '@saltworks/contract/categories';
import { parseJson } from '@saltworks/contract/documents/json';
import { InvalidInputError } from '@saltworks/contract/errors';
import { classColour } from '@saltworks/core/screen/colours';
import { checkPins } from '@saltworks/store/datasets/classes';
import { readInput } from './files.ts';

/** The option of commands that number a dataset's categories. */
export const categoriesOption = [
  '--categories <list>',
  'numbers of classes, from 1 in this order: "cat,dog,sky:stuff", or a .json file of names or of {"name", "id", "isthing"}',
] as const;

/** The same list as a dataset's categories. @throws InvalidInputError if it is invalid */
export async function readNumbers(text: string): Promise<Category[]> {
  const list = (await readCategories(text)).map(
    ({ id, name, isthing }): Category => ({ id, name, isthing: isthing ? 1 : 0 }),
  );
  checkPins(list);
  return list;
}

type Given = { name: string } & Partial<LabelCategory>;

/**
 * @param text `cat,dog,sky:stuff`, or the path of a JSON list of names or of `{ name, id?, colour?, isthing? }`
 * @returns the categories; missing ids count from 1, and missing colours are distinct to colour-blind readers
 * @throws InvalidInputError if the list is invalid
 */
export async function readCategories(text: string): Promise<LabelCategory[]> {
  const given = text.endsWith('.json') ? parseFile(text, await readInput(text)) : text.split(',').map(parseName);
  if (given.length === 0 || given.some(({ name }) => name.trim() === '')) {
    throw new InvalidInputError(`categories "${text}"; expected "cat,dog,sky:stuff" or a .json file`);
  }
  const taken = new Set(given.map(({ id }) => id));
  let next = 1;
  const free = () => {
    while (taken.has(next)) next++;
    return next++;
  };
  const numbered = given.map((category) => ({ ...category, id: category.id ?? free() }));
  return numbered.map(({ id, name, colour, isthing }, i) => ({
    id,
    name,
    colour: colour ?? classColour(i),
    isthing: isthing ?? true,
  }));
}

function parseName(text: string): Given {
  const [name, kind, ...rest] = text.split(':').map((part) => part.trim());
  if (rest.length > 0 || (kind !== undefined && kind !== 'thing' && kind !== 'stuff')) {
    throw new InvalidInputError(`category "${text}"; expected NAME, NAME:thing or NAME:stuff`);
  }
  return { name, isthing: kind !== 'stuff' };
}

function parseFile(path: string, file: Uint8Array): Given[] {
  const refuse = (what: string): never => {
    throw new InvalidInputError(
      `${path}: ${what}; expected a list of names, or of {"name", "id", "colour", "isthing"}`,
    );
  };
  let list: unknown;
  try {
    list = parseJson(file);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (!Array.isArray(list)) return refuse('no list');
  return list.map((item, i) => {
    if (typeof item === 'string') return parseName(item);
    const { name, id, colour, isthing, ...unknown } = Object(item) as Given;
    const good =
      typeof name === 'string' &&
      (id === undefined || (Number.isInteger(id) && id > 0)) &&
      (colour === undefined || /^#[0-9a-f]{6}$/.test(colour)) &&
      (isthing === undefined || typeof isthing === 'boolean') &&
      Object.keys(unknown).length === 0;
    return good ? { name, id, colour, isthing } : refuse(`category ${i + 1} is ${JSON.stringify(item)}`);
  });
}
