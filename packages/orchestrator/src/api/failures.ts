/** Errors as they are answered and documented: a code each, one form for all. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { isUnwritable } from '@saltworks/store/objects/room';
import { isDatabaseOutage } from '../db/outage.ts';
import { ConflictError, ForbiddenError, NoSuchLayerError, NotFoundError, TooManyRequestsError } from '../errors.ts';
import { isOutage } from '../temporal/outage.ts';
import { mayBeArchived } from './archived.ts';
import type { Route } from './routes.ts';

export class UnauthorisedError extends Error {}
/** A part that the server needs does not answer. */
export class NotReadyError extends Error {}
export class MethodNotAllowedError extends Error {
  /** Methods that the address knows. */
  readonly allowed: string[];

  constructor(method: string, allowed: string[]) {
    super(`${method}; expected ${allowed.join(' or ')}`);
    this.allowed = allowed;
  }
}

export type Thrown = Error & { statusCode?: number; validation?: { instancePath: string; message?: string }[] };

interface Failure {
  code: number;
  description: string;
  /** Whether an error is answered by this code. */
  is?(error: Thrown): boolean;
  /** Whether a route may answer by this code, as far as its shape tells; other routes list it in `errors`. */
  of(route: Route): boolean;
  /** Sent instead of the error's own message. */
  message?: string;
}

const never = () => false;
const always = () => true;
const hasBody = ({ body, takes }: Route) => body !== undefined || takes !== undefined;

/** The first that fits an error answers it. */
const failures: Failure[] = [
  {
    code: 400,
    description: 'The request is not as expected',
    is: (error) =>
      error.validation !== undefined || (error instanceof InvalidInputError && !(error instanceof NoSuchLayerError)),
    of: ({ body, takes, query }) => body !== undefined || takes !== undefined || query !== undefined,
  },
  {
    code: 401,
    description: 'Neither a session nor an API key that holds',
    is: (error) => error instanceof UnauthorisedError,
    of: ({ access }) => access !== 'public',
  },
  {
    code: 403,
    description: 'Whoever asks may see it, but not do this',
    is: (error) => error instanceof ForbiddenError,
    of: ({ access, method }) => access !== 'public' && (access !== 'user' || method !== 'GET'),
  },
  {
    code: 404,
    description: 'There is no such thing, or whoever asks may not know that there is',
    is: (error) => error instanceof NotFoundError || error instanceof NoSuchLayerError,
    of: ({ url }) => url.includes(':'),
  },
  {
    code: 405,
    description: 'The address knows other methods',
    is: (error) => error instanceof MethodNotAllowedError,
    of: never,
  },
  {
    code: 409,
    description: 'Not as things stand: it was possible before, or will be',
    is: (error) => error instanceof ConflictError,
    // What lies in the archive is only read.
    of: ({ url, method, access }) => method !== 'GET' && access !== 'public' && mayBeArchived(url),
  },
  { code: 413, description: 'The body is too large', of: hasBody },
  { code: 415, description: 'The body is of another type than expected', of: hasBody },
  {
    code: 429,
    description: 'Too many requests in a minute: Retry-After says when to come back',
    is: (error) => error instanceof TooManyRequestsError,
    of: always,
  },
  {
    code: 507,
    description: 'There is no room, or nothing may be written; the message says where',
    is: isUnwritable,
    // Every request may write: it notes when its key was used.
    of: always,
  },
  {
    code: 503,
    description: 'The database, Temporal or the store does not answer: try again later',
    is: (error) => error instanceof NotReadyError,
    of: never,
  },
  {
    code: 503,
    description: 'The database or Temporal does not answer: try again later',
    is: (error) => isDatabaseOutage(error) || isOutage(error),
    of: always,
    message: 'the database or Temporal does not answer; expected another try later',
  },
  {
    code: 500,
    description: 'Something went wrong on our side',
    of: always,
    message: 'something went wrong on our side',
  },
];

/** A route's failures: descriptions by code. */
export const failuresOf = (route: Route): Record<number, string> =>
  Object.fromEntries(
    failures
      .filter(({ code, of }) => of(route) || route.errors?.includes(code))
      .map(({ code, description }) => [code, description]),
  );

/** @param request its id, which a caller tells the operator of an error on our side */
export function answerTo(
  error: Thrown,
  request: string,
): { code: number; body: { error: string; detail?: Record<string, unknown> } } {
  const failure = failures.find(({ is }) => is?.(error));
  // Fastify's own refusals: a body that is too large or no JSON.
  const code = failure?.code ?? (error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500);
  const message = (failure ?? failures.find((each) => each.code === code))?.message ?? messageOf(error);
  const told = code === 500 ? `${message} (request ${request})` : message;
  return { code, body: { error: told, ...(error instanceof ConflictError ? { detail: error.detail } : {}) } };
}

function messageOf({ message, validation }: Thrown): string {
  if (!validation) return message.replaceAll('\n', ' ');
  const { instancePath = '', message: what = 'not as expected' } = validation[0] ?? {};
  return `${instancePath.length > 1 ? instancePath : 'request'}: ${what}`;
}
