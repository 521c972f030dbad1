/** Places in long lists, as opaque text: the `next` of one part asks for the part after it. */
import * as z from '@saltworks/contract/zod';
import { NotFoundError } from './errors.ts';

/** @param place as JSON */
export const encodeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** @param schema of places in this list @throws NotFoundError unless the text is one of them */
export function decodeCursor<Place>(schema: z.core.$ZodType<Place>, text: string): Place {
  try {
    return z.parse(schema, JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new NotFoundError('after: no place in this list; expected the `next` of its last part');
  }
}
