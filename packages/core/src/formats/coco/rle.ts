/**
 * COCO run lengths of a binary mask: pixels column by column from the top left, counts of zeros and ones in turn,
 * zeros first. Compressed, each count is written as its difference to the last but one, in five-bit groups, lowest
 * first, as printable characters.
 */
import { encodeRegions, wholeRegion } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Mask } from '../../mask/mask.ts';

/** The run lengths of every segment but the background (0). */
export function encodeRuns({ ids, width, height }: Mask): Map<number, number[]> {
  const columns = new Uint32Array(ids.length);
  for (let x = 0, p = 0; x < width; x++) {
    for (let y = 0, i = x; y < height; y++, i += width, p++) columns[p] = ids[i];
  }
  return new Map([...encodeRegions(columns)].map(([id, region]) => [id, wholeRegion(region, ids.length)]));
}

/** A character is 48 + six bits: five of the number, and whether more follow. */
const firstCharacter = 48;
const more = 0x20;
const group = 0x1f;
const sign = 0x10;

export function compressCounts(counts: readonly number[]): string {
  const codes: number[] = [];
  counts.forEach((count, k) => {
    // The first three are written as they are: their difference to the first count, of zeros, is seldom small.
    let rest = k > 2 ? count - counts[k - 2] : count;
    for (let last = false; !last; ) {
      const bits = rest & group;
      rest >>= 5;
      // The last group's top bit is the sign: the rest must equal what that sign extends to.
      last = rest === (bits & sign ? -1 : 0);
      codes.push(firstCharacter + (last ? bits : bits | more));
    }
  });
  return codes.map((code) => String.fromCharCode(code)).join('');
}

/** @throws InvalidInputError for other characters than compressed counts have, or an end within a count */
export function expandCounts(text: string): number[] {
  const counts: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const bits = text.charCodeAt(i) - firstCharacter;
    if (!(bits >= 0 && bits < 64) || shift > 30) {
      throw new InvalidInputError(`character ${i} of compressed counts is ${JSON.stringify(text[i])}; expected 0 to o`);
    }
    value |= (bits & group) << shift;
    shift += 5;
    if (bits & more) continue;
    if (bits & sign && shift < 32) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
    value = 0;
    shift = 0;
  }
  if (shift > 0) throw new InvalidInputError('compressed counts end within a count');
  return counts;
}
