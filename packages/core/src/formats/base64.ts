/** Base64 of bytes, and back. */
import { InvalidInputError } from '@saltworks/contract/errors';

/** Characters at a time: arguments of one call are limited. */
const piece = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += piece) text += String.fromCharCode(...bytes.subarray(i, i + piece));
  return btoa(text);
}

/** @throws InvalidInputError if it is none */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new InvalidInputError('text that is no base64');
  }
}
