/** What the API answers with something else than success, beside InvalidInputError (400). */

/** There is no such thing, or whoever asks may not know that there is (404). */
export class NotFoundError extends Error {
  override name = 'NotFoundError';
}

/** It is there, and whoever asks may see it, but not do this (403). */
export class ForbiddenError extends Error {
  override name = 'ForbiddenError';
}

/** It was possible before, or will be, but not as things stand (409). */
export class ConflictError extends Error {
  override name = 'ConflictError';
  /** What the caller needs to go on. */
  readonly detail: Record<string, unknown> | undefined;

  constructor(message: string, detail?: Record<string, unknown>) {
    super(message);
    this.detail = detail;
  }
}
