/** The text of JSON files for a parser that knows neither UTF-16, nor Latin letters outside UTF-8, nor NaN. */
import { readSync } from 'node:fs';
import { InvalidInputError } from '@saltworks/contract/errors';

export interface TextFile {
  /** Descriptor of the open file. */
  fd: number;
  /** The byte-order mark, if there is one. */
  mark: Uint8Array;
  /** Bytes of a code unit: 2 in UTF-16. */
  unitBytes: 1 | 2;
  isLittleEndian: boolean;
  /** The place of a code unit in the file; unit 0 follows the mark. */
  byteOf(unit: number): number;
}

export function textFile(fd: number): TextFile {
  const buffer = new Uint8Array(3);
  readSync(fd, buffer, { position: 0 });
  const starts = (...bytes: number[]) => bytes.every((byte, i) => buffer[i] === byte);
  const isLittleEndian = starts(0xff, 0xfe);
  const unitBytes = isLittleEndian || starts(0xfe, 0xff) ? 2 : 1;
  const mark = buffer.slice(0, unitBytes === 2 ? 2 : starts(0xef, 0xbb, 0xbf) ? 3 : 0);
  return { fd, mark, unitBytes, isLittleEndian, byteOf: (unit) => mark.length + unit * unitBytes };
}

/** Places where the units differ from the file. */
export interface Odd {
  /** To be called from left to right. */
  hasIn(from: number, to: number): boolean;
}

const [quote, backslash, minus, space, question] = [...'"\\- ?'].map((character) => character.charCodeAt(0));
const [nan, infinity] = ['NaN', 'Infinity'].map((word) => new TextEncoder().encode(word));
/** Units of the longest word, with its sign. */
const longest = 9;

/**
 * One byte a code unit, so that places stay the same. In strings, `?` stands for a unit outside ASCII; NaN and infinities
 * become strings of the same length.
 *
 * @param chunkUnits most units of a chunk
 * @returns chunks; the next one overwrites the last
 */
export function* asciiUnits(file: TextFile, chunkUnits: number): Generator<{ bytes: Uint8Array; odd: Odd }> {
  const { fd, unitBytes, isLittleEndian, byteOf } = file;
  const read = new Uint8Array(chunkUnits * unitBytes);
  const units = new Uint8Array(chunkUnits + longest);
  const odd = oddPlaces();
  let isString = false;
  let isEscaped = false;
  /** Whether this string is noted as odd: one place is enough. */
  let isOdd = false;
  /** Units at the start of `units` that may begin a word and are not yielded yet. */
  let held = 0;
  for (let first = 0; ; ) {
    const bytesRead = readSync(fd, read, { position: byteOf(first + held) });
    const count = Math.floor(bytesRead / unitBytes);
    if (count === 0 && bytesRead > 0) throw new InvalidInputError('not JSON: it ends within a character');
    narrow(read.subarray(0, count * unitBytes), units.subarray(held), { unitBytes, isLittleEndian });
    const end = held + count;
    let i = 0;
    for (; i < end; i++) {
      const unit = units[i];
      if (isString) {
        if (unit > 0x7f) {
          units[i] = question;
          if (!isOdd) odd.add(first + i);
          isOdd = true;
        }
        if (isEscaped) isEscaped = false;
        else if (unit === backslash) isEscaped = true;
        else if (unit === quote) isString = false;
      } else if (unit === quote) {
        isString = true;
        isOdd = false;
      } else if (unit === minus && i + 1 === end && count > 0) break;
      else if (unit === nan[0] || unit === infinity[0]) {
        const word = unit === nan[0] ? nan : infinity;
        if (i + word.length > end) {
          if (count === 0) continue;
          if (units[i - 1] === minus) i--;
          break;
        }
        if (!word.every((letter, k) => units[i + k] === letter)) continue;
        const from = units[i - 1] === minus ? i - 1 : i;
        i += word.length - 1;
        units.fill(space, from, i + 1);
        units.fill(quote, from, from + 2);
        odd.add(first + from);
      }
    }
    if (i > 0) yield { bytes: units.subarray(0, i), odd };
    if (count === 0) return;
    units.copyWithin(0, i, end);
    first += i;
    held = end - i;
  }
}

/** Code units as bytes; a unit outside ASCII becomes any byte outside ASCII. */
function narrow(
  bytes: Uint8Array,
  units: Uint8Array,
  { unitBytes, isLittleEndian }: Pick<TextFile, 'unitBytes' | 'isLittleEndian'>,
): void {
  if (unitBytes === 1) {
    units.set(bytes);
    return;
  }
  const [low, high] = isLittleEndian ? [0, 1] : [1, 0];
  for (let i = 0; 2 * i < bytes.length; i++) units[i] = bytes[2 * i + high] > 0 ? 0xff : bytes[2 * i + low];
}

function oddPlaces(): Odd & { add(place: number): void } {
  let places: number[] = [];
  let next = 0;
  return {
    add: (place) => places.push(place),
    hasIn(from, to) {
      while (places[next] < from) next++;
      if (next > 1e5) {
        places = places.slice(next);
        next = 0;
      }
      return places[next] < to;
    },
  };
}
