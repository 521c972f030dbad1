/** Ultralytics' YOLO: a data.yaml, and label files beside the folder of pictures. */
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Classes } from '@saltworks/core/formats/paint';
import { asSeen } from '@saltworks/core/formats/spelling';
import { withoutExtension } from '@saltworks/core/formats/stems';
import { yoloMask } from '@saltworks/core/formats/yolo-seg';
import { readLabelFile, versionOf } from './files.ts';
import type { Labels, OpenLabels } from './labels.ts';

export const yamlOf = (names: readonly string[]): string | undefined =>
  names.find((name) => /^data\.ya?ml$/i.test(name)) ?? names.find((name) => /^[^/]*\.ya?ml$/i.test(name));

export const openYolo: OpenLabels = async ({ root, names }): Promise<Labels> => {
  const file = yamlOf(names);
  if (file === undefined) throw new InvalidInputError('no data.yaml; expected one with the names of the classes');
  const classNames = await namesOf(new TextDecoder().decode(await readLabelFile(join(root, file))), file);
  const classes = new Classes();
  for (const name of classNames.values()) classes.id(name);
  const texts = new Map(names.filter((name) => /\.txt$/i.test(name)).map((name) => [asSeen(name), name]));
  const taken = new Set<string>();
  return {
    categories: classes.list,
    isLabels: (name) => name === file || texts.has(asSeen(name)),
    async of(name) {
      const labels = texts.get(asSeen(labelsOf(name)));
      if (labels === undefined) return undefined;
      taken.add(labels);
      return {
        version: await versionOf(join(root, labels)),
        async read(size) {
          const text = new TextDecoder().decode(await readLabelFile(join(root, labels)));
          return yoloMask(text, size, classNames, classes);
        },
      };
    },
    remarks: () =>
      [...texts.values()]
        .filter((name) => /(^|\/)labels\//.test(name) && !taken.has(name))
        .map((name) => ({ name, note: 'its picture is not there' })),
  };
};

/** Where Ultralytics looks for a picture's labels. */
const labelsOf = (name: string) =>
  `${withoutExtension(`/${name}`.replace(/(.*)\/images\//s, '$1/labels/')).slice(1)}.txt`;

/** More aliases than this are a trap, not a list of names. */
const maxAliasCount = 100;

/** @throws InvalidInputError if it names no classes */
async function namesOf(text: string, file: string): Promise<Map<number, string>> {
  // It takes as long to load as all else of a small command.
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount, schema: 'core' });
  } catch (error) {
    throw new InvalidInputError(`${file}: no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const { names } = Object(document) as { names?: unknown };
  const entries = Array.isArray(names) ? names.map((name, i) => [i, name] as const) : Object.entries(Object(names));
  const found = new Map(entries.map(([index, name]) => [Number(index), String(name)]));
  if (found.size === 0 || [...found.keys()].some((index) => !Number.isSafeInteger(index) || index < 0)) {
    throw new InvalidInputError(`${file}: expected "names", a list or numbers with names`);
  }
  return found;
}
