/** What an uploaded file may be: by its name, and by its first bytes. */
import { expectedAtMost, type UploadLimits } from '@saltworks/contract/api/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { asSeen } from '@saltworks/core/formats/spelling';
import { isHidden, leftByName } from '../import/picture-names.ts';
import { isKey } from '../objects/store.ts';

export type UploadKind = 'picture' | 'labels' | 'zip';

/** Names that no file system and no export tells apart have the same form. */
export const foldedName = (name: string): string => asSeen(name).toLowerCase();

/** @throws InvalidInputError, in one line, unless a file of this name may be uploaded */
export function kindByName(name: string): UploadKind {
  if (!isKey(name) || /^[a-z]:/i.test(name)) {
    throw new InvalidInputError('its path leads elsewhere, or is none; expected names joined by /, without .. and \\');
  }
  if (name.split('/').some(isHidden)) throw new InvalidInputError('a hidden file; it is left out');
  if (/\.zip$/i.test(name)) return 'zip';
  const left = leftByName(name);
  if (left === undefined) return 'picture';
  if (/\.(json|xml|txt|ya?ml|csv)$/i.test(name)) return 'labels';
  throw new InvalidInputError(
    left === 'other'
      ? `neither a picture nor labels; ${expected}`
      : `pictures that end with ${left} are not read; ${expected}`,
  );
}

const expected = 'expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP';

/** @throws InvalidInputError, in one line, unless a file of the kind may be so large */
export function checkSize(kind: UploadKind, bytes: number, limits: UploadLimits): void {
  if (bytes === 0) throw new InvalidInputError('the file is empty');
  const limit = kind === 'zip' ? 'zip' : 'file';
  if (bytes > limits[limit]) throw new InvalidInputError(`${bytes} bytes; ${expectedAtMost(limits, limit)}`);
}

/** Bytes from its beginning that tell what a file is. */
export const headBytes = 4096;

/**
 * @param head the first `headBytes` of a file, or all of it
 * @throws InvalidInputError, in one line, unless they are of this kind
 */
export function checkHead(kind: UploadKind, head: Uint8Array): void {
  if (isOf[kind](head)) return;
  const what = { picture: expected, labels: 'expected text', zip: 'expected a ZIP file' }[kind];
  throw new InvalidInputError(`by its bytes it is something else than its name says (${quoted(head)}); ${what}`);
}

const startsWith = (head: Uint8Array, ...signatures: (string | number[])[]): boolean =>
  signatures.some((signature) =>
    [...signature].every((letter, i) => head[i] === (typeof letter === 'number' ? letter : letter.charCodeAt(0))),
  );
const at = (head: Uint8Array, from: number, ...signatures: string[]) => startsWith(head.subarray(from), ...signatures);

const isOf: Record<UploadKind, (head: Uint8Array) => boolean> = {
  picture: (head) =>
    startsWith(head, [0xff, 0xd8, 0xff], '\x89PNG', 'GIF8', 'BM', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+') ||
    (startsWith(head, 'RIFF') && at(head, 8, 'WEBP')) ||
    (at(head, 4, 'ftyp') && /avi[fs]|mif1|msf1/.test(latin(head.subarray(8, 64)))),
  zip: (head) => startsWith(head, 'PK\x03\x04', 'PK\x05\x06'),
  // UTF-16 is full of zeros.
  labels: (head) => startsWith(head, [0xff, 0xfe], [0xfe, 0xff]) || !head.includes(0),
};

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const quoted = (head: Uint8Array) =>
  head.length === 0 ? 'nothing' : `it begins with ${JSON.stringify(latin(head.subarray(0, 8)))}`;

/** The chunks themselves, refused before any is handed on unless the first bytes are of this kind. @throws InvalidInputError */
export async function* checkedHead(
  kind: UploadKind,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array[] | undefined = [];
  let length = 0;
  const check = () => {
    const start = Buffer.concat(head as Uint8Array[]);
    checkHead(kind, start.subarray(0, headBytes));
    head = undefined;
    return start;
  };
  for await (const chunk of chunks) {
    if (!head) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    length += chunk.length;
    if (length >= headBytes) yield check();
  }
  if (head) yield check();
}
