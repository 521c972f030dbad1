/**
 * The input cannot be used and retrying is useless. The message is one line that says what was received and what was
 * expected; commands print it and exit with code 2.
 */
export class InvalidInputError extends Error {
  override name = 'InvalidInputError';
}
