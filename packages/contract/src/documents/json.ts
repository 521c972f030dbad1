/** JSON from other programs: with Python's NaN, or the byte-order marks of Windows. */
import { InvalidInputError } from '../errors.ts';

/** Reads a parsed document. @throws InvalidInputError if it is of another kind */
type Understand<T> = (document: unknown) => T;

/**
 * Parses JSON from a file's bytes: UTF-8, or UTF-16 with a byte-order mark. NaN and Infinity, which Python writes although
 * JSON lacks them, are read as null, and named in the error if the reader refuses the null.
 *
 * @throws InvalidInputError if it is not JSON
 */
export function parseJson<T = unknown>(bytes: Uint8Array, understand?: Understand<T>): T {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // The decoder drops the byte-order mark.
  return parseJsonText(
    new TextDecoder(isUtf16 ? `utf-16${first === 0xff ? 'le' : 'be'}` : 'utf-8').decode(bytes),
    understand,
  );
}

/** Parses JSON from decoded text. */
export function parseJsonText<T = unknown>(text: string, understand: Understand<T> = (document) => document as T): T {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  let document: unknown;
  try {
    document = JSON.parse(plain);
  } catch (error) {
    const numbers = withoutNonNumbers(plain);
    if (numbers === plain) throw notJson(error);
    try {
      document = JSON.parse(numbers);
    } catch {
      // Report the error of the original text: its position is meaningful to the author.
      throw notJson(error);
    }
    try {
      return understand(document);
    } catch (misunderstood) {
      throw misunderstood instanceof InvalidInputError
        ? new InvalidInputError(`not JSON: NaN or Infinity, where ${misunderstood.message}`)
        : misunderstood;
    }
  }
  return understand(document);
}

const notJson = (error: unknown) =>
  new InvalidInputError(`not JSON: ${(error as Error).message.replace(/\s+/g, ' ').trim()}`);

/** Matches outside strings only; strings may be megabytes long, so no pattern walks over them. */
function withoutNonNumbers(text: string): string {
  const parts: string[] = [];
  for (let from = 0; ; ) {
    const open = text.indexOf('"', from);
    const outside = text.slice(from, open < 0 ? undefined : open);
    parts.push(outside.replace(/-?\bInfinity\b|\bNaN\b/g, 'null'));
    if (open < 0) return parts.join('');
    let close = text.indexOf('"', open + 1);
    while (close > 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
    if (close < 0) return parts.join('') + text.slice(open);
    parts.push(text.slice(open, close + 1));
    from = close + 1;
  }
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text[at - 1] === '\\') at--;
  return (quote - at) % 2 === 1;
}
