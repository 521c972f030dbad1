/** Where a list goes on: opaque to those who ask. */
import { NotFoundError } from '../../errors.ts';

export interface Cursor {
  place: number;
  id: string;
}

/** @param kind of the list: a cursor of another one is none */
export const encodeCursor = (kind: string, { place, id }: Cursor): string =>
  Buffer.from(JSON.stringify([kind, place, id])).toString('base64url');

/** @throws NotFoundError unless it is one that was given for a list of this kind */
export function decodeCursor(kind: string, text: string): Cursor {
  try {
    const [of, place, id] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (of === kind && Number.isFinite(place) && /^\d{1,18}$/.test(id)) return { place, id };
  } catch {
    // Said below.
  }
  throw new NotFoundError('after: no place in this list; expected the `next` of its last part');
}
