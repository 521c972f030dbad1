/** Errors that the API answers with a status of their own, besides InvalidInputError (400). */
import { InvalidInputError } from '@saltworks/contract/errors';

/** It does not exist, or the caller may not know that it does (404). */
export class NotFoundError extends Error {
  override name = 'NotFoundError';
}

/** The backbone has no such layer (404): the request is well-formed, and commands take it for unusable input. */
export class NoSuchLayerError extends InvalidInputError {
  override name = 'NoSuchLayerError';
}

/** The caller may see it, but not do this (403). */
export class ForbiddenError extends Error {
  override name = 'ForbiddenError';
}

/** Too many requests (429). */
export class TooManyRequestsError extends Error {
  override name = 'TooManyRequestsError';
  /** Seconds until another try. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** Not possible in the present state (409). */
export class ConflictError extends Error {
  override name = 'ConflictError';
  /** Fields that help the caller to go on. */
  readonly detail: Record<string, unknown> | undefined;

  constructor(message: string, detail?: Record<string, unknown>) {
    super(message);
    this.detail = detail;
  }
}

/** Of an error that a well-formed request meets in what is stored, or in its bytes: the API answers input that is none with 400. */
export function inputIsConflict(error: Error): never {
  throw error instanceof InvalidInputError ? new ConflictError(error.message) : error;
}
