/** Errors as they are answered: a code and one form for all of them. */
import { InvalidInputError } from '@saltworks/core/errors';
import { isUnwritable } from '@saltworks/store/room';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';

export class UnauthorisedError extends Error {}
export class TooManyRequestsError extends Error {}

const codes = [
  [InvalidInputError, 400],
  [UnauthorisedError, 401],
  [ForbiddenError, 403],
  [NotFoundError, 404],
  [TooManyRequestsError, 429],
] as const;

export type Thrown = Error & { statusCode?: number; validation?: { instancePath: string; message?: string }[] };

export function answerTo(error: Thrown): { code: number; body: { error: string; detail?: Record<string, unknown> } } {
  const body = { error: error.message.replaceAll('\n', ' ') };
  if (error.validation) {
    const { instancePath, message } = error.validation[0] ?? {};
    return {
      code: 400,
      body: { error: `${(instancePath ?? '').length > 1 ? instancePath : 'request'}: ${message ?? 'not as expected'}` },
    };
  }
  if (error instanceof ConflictError) return { code: 409, body: { ...body, detail: error.detail } };
  for (const [kind, code] of codes) if (error instanceof kind) return { code, body };
  if (isUnwritable(error)) return { code: 507, body };
  // What fastify itself refuses: bodies too large, too many requests, no JSON.
  if (error.statusCode !== undefined && error.statusCode < 500) return { code: error.statusCode, body };
  return { code: 500, body: { error: 'something went wrong on our side' } };
}
