/** The checksum of a keys file: every bit counts, those of the header too; its own digits are read as zeros. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { xxh32 } from './xxh32.ts';

/** The digits before they are known. */
export const noChecksum = '00000000';

/** Where the digits begin. @throws InvalidInputError if there are none */
export function checksumPlace(file: Uint8Array): number {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  // A character a byte, whatever the bytes are.
  const header = new TextDecoder('latin1').decode(file.subarray(8, 8 + length));
  const found = /"checksum"\s*:\s*"(?=[0-9a-f]{8}")/.exec(header);
  if (!found) throw new InvalidInputError('damaged keys: no checksum of eight hexadecimal digits');
  return 8 + found.index + found[0].length;
}

/** Eight hexadecimal digits. @param place of the file's own */
export function checksumOf(file: Uint8Array, place: number): string {
  const start = Math.ceil((place + noChecksum.length) / 16) * 16;
  const first = file.slice(0, start);
  first.set(new TextEncoder().encode(noChecksum), place);
  const parts = start < file.length ? [first, file.subarray(start)] : [first];
  return xxh32(...parts)
    .toString(16)
    .padStart(8, '0');
}
