/** Pictures of classes, as options of a command add and remove them. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { type ClassPicture, classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { InvalidInputError } from '@saltworks/contract/errors';
import { readInput } from './files.ts';
import { split } from './options.ts';

interface Flags {
  picture?: string[];
  alt?: string[];
  removePicture?: string[];
}

interface Change {
  category: LabelCategory;
  /** Those that stay, and files that come after them. */
  pictures: (ClassPicture | { file: Blob; path: string; alt?: string })[];
}

/**
 * Reads what the options ask for, and sends nothing yet.
 *
 * @param names of the classes, as the options call them
 * @throws InvalidInputError for a class, a picture or a file that is not there, or too many
 */
export async function expectPictures(
  names: readonly string[],
  categories: readonly LabelCategory[],
  { picture = [], alt = [], removePicture = [] }: Flags,
): Promise<Change[]> {
  const changes = new Map<number, Change>();
  const find = (name: string): Change => {
    const at = names.indexOf(name);
    if (at < 0) throw new InvalidInputError(`no class ${name}; expected one of ${names.join(', ')}`);
    const found = changes.get(at) ?? { category: categories[at], pictures: [...(categories[at].pictures ?? [])] };
    changes.set(at, found);
    return found;
  };
  const nth = (text: string, option: string, { category, pictures }: Change, n: string): number => {
    const at = /^[1-9]$/.test(n) ? Number(n) - 1 : pictures.length;
    if (at < pictures.length) return at;
    throw new InvalidInputError(
      `${option} ${text}; expected a picture of ${category.name}, of which it has ${pictures.length}`,
    );
  };
  const gone = new Set<ClassPicture | object>();
  for (const text of removePicture) {
    const [name, n] = split(text, '--remove-picture', 'NAME=N');
    const change = find(name);
    gone.add(change.pictures[nth(text, '--remove-picture', change, n)]);
  }
  for (const change of changes.values()) change.pictures = change.pictures.filter((each) => !gone.has(each));
  for (const text of picture) {
    const [name, path] = split(text, '--picture', 'NAME=FILE');
    const { category, pictures } = find(name);
    const file = new Blob([new Uint8Array(await readInput(path))]);
    const { bytes, count } = classPictureLimits;
    if (file.size > bytes) throw new InvalidInputError(`${path}: ${file.size} bytes; expected at most ${bytes}`);
    if (pictures.length === count)
      throw new InvalidInputError(`class ${category.name} has ${count} pictures; expected no more`);
    pictures.push({ file, path });
  }
  for (const text of alt) {
    const [name, value] = split(text, '--alt', 'NAME=N:TEXT');
    const [, n = '', said = ''] = /^([^:]*):(.*)$/s.exec(value) ?? [];
    const change = find(name);
    const at = nth(text, '--alt', change, n);
    change.pictures[at] = { ...change.pictures[at], alt: said.trim() || undefined };
  }
  return [...changes.values()];
}

/** Sends the files, and gives the classes their pictures; one that a class has already it does not get twice. */
export async function changePictures(
  changes: readonly Change[],
  send: (file: Blob) => Promise<{ picture: string }>,
): Promise<void> {
  for (const { category, pictures } of changes) {
    const sent = new Map<string, ClassPicture>();
    for (const { alt, ...each } of pictures) {
      const { picture } = 'picture' in each ? each : await send(each.file).catch((error) => ofFile(each.path, error));
      sent.set(picture, { picture, ...(alt !== undefined && { alt }) });
    }
    category.pictures = sent.size > 0 ? [...sent.values()] : undefined;
  }
}

/** A refusal says which file it is of. */
function ofFile(path: string, error: Error): never {
  throw error instanceof InvalidInputError ? new InvalidInputError(`${path}: ${error.message}`) : error;
}
