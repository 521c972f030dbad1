/** Names of an import's files: on some systems one folder can hold two that differ only in the encoding of accents. */
import { createHash } from 'node:crypto';
import { asSeen, asWritten } from '@saltworks/core/formats/spelling';
import { FingerprintMap } from '../datasets/fingerprints.ts';

export class Spellings {
  /** By name as it looks: a number of its first spelling. */
  readonly #first = new FingerprintMap();

  /** Notes a name. @returns whether a file of another spelling had it before */
  isSecond(name: string): boolean {
    if (asSeen(name) === name.normalize('NFD')) return false;
    const [key, spelling] = [digest(asSeen(name)), digest(name).readUInt32LE()];
    const first = this.#first.get(key) ?? spelling;
    this.#first.set(key, first);
    return first !== spelling;
  }
}

/** Why the second file of a name fails. */
export const secondSpelling = (name: string): string =>
  `${asWritten(name)}: another file's name differs only in how its letters are composed; expected one of them`;

const digest = (text: string) => createHash('sha256').update(text).digest();
