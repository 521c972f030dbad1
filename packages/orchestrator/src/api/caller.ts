/** The caller, as requests and the sign-in library know it. */
import type { FastifyRequest } from 'fastify';
import { callerHeader, type User } from './auth.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller, once authenticated, and by which proof. */
    caller?: User;
    by?: 'cookie' | 'key';
  }
}

/** A request's headers for the library, with the caller's address. */
export function withCaller(request: FastifyRequest): Headers {
  const headers = headersOf(request);
  headers.set(callerHeader, request.ip);
  return headers;
}

export function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  headers.delete(callerHeader);
  return headers;
}
