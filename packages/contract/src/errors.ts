/**
 * The input cannot be used and retrying is useless. The message is one line that says what was received and what was
 * expected; commands print it and exit with code 2.
 */
export class InvalidInputError extends Error {
  override name = 'InvalidInputError';

  constructor(message?: string, options?: ErrorOptions) {
    // It may quote names of a file, which may hold line breaks, or what a terminal obeys.
    super(message?.replaceAll(/\p{Cc}+/gu, ' '), options);
  }
}

/**
 * Ends a switch over a union: a case that was forgotten does not compile, and a value that no type kept out is refused.
 *
 * @throws InvalidInputError
 */
export function unknownKind(what: string, value: never, known: readonly string[]): never {
  throw new InvalidInputError(`${what} ${String(value)}; expected one of ${known.join(', ')}`);
}

/**
 * A write failed for now: no room, a quota, a read-only disk. The message is one line that names the
 * place. Nothing is wrong with the input; the same call succeeds once there is room.
 */
export class UnwritableError extends Error {
  override name = 'UnwritableError';
}

/**
 * New work is refused because the store has used up its quota, or its disk all but a reserve. Strokes and their masks go on.
 * The same call succeeds once there is room.
 */
export class StorageFullError extends UnwritableError {
  override name = 'StorageFullError';
}
