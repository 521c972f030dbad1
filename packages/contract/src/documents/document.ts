/** Stored JSON, read back: a document is checked by its schema, and handed on exactly as it lies there. */
import * as z from '../zod.ts';

/** A stored document is not what its name promises. */
export class UnreadableDocumentError extends Error {
  override name = 'UnreadableDocumentError';
}

/**
 * @param name of the object or file, for the message
 * @throws UnreadableDocumentError in one line: name, field, received, expected
 */
export function parseDocument<T>(name: string, text: string, schema: z.Schema<T>): T {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim();
    throw new UnreadableDocumentError(`${name} is not JSON: ${reason}`);
  }
  return checkDocument(name, document, schema);
}

/** The same of JSON that a database has parsed already. */
export function checkDocument<T>(name: string, document: unknown, schema: z.Schema<T>): T {
  const checked = z.safeParse(schema, document);
  if (checked.success) return document as T;
  throw new UnreadableDocumentError(`${name}: ${problem(document, checked.error.issues[0])}`);
}

export const encodeLines = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/**
 * JSON Lines, a document each; empty lines are passed over.
 *
 * @throws UnreadableDocumentError as `parseDocument`, with the number of the line
 */
export function parseLines<T>(name: string, text: string, schema: z.Schema<T>): T[] {
  const documents: T[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line !== '') documents.push(parseDocument(`${name}, line ${i + 1}`, line, schema));
  }
  return documents;
}

/** The first field that is wrong, of the first shape that it may have: `masks[3].id is "x"; expected number`. */
function problem(document: unknown, { message, ...issue }: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined;
  if (inner) return problem(document, { ...inner, path: [...issue.path, ...inner.path] });
  const { path } = issue;
  const at = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const value = path.reduce(
    (within: unknown, part) => (within as Record<PropertyKey, unknown> | null)?.[part],
    document,
  );
  const received = JSON.stringify(value) ?? 'missing';
  const expected = /expected .*?(?=, received|$)/.exec(message)?.[0] ?? 'expected another one';
  return `${at.replace(/^\./, '') || 'the document'} is ${received.length > 60 ? `${received.slice(0, 59)}…` : received}; ${expected}`;
}
