/** One HTTP request to a webhook: to an address that is checked, within bounds, followed nowhere. */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type AllowedHost, isOpen } from './allowed-hosts.ts';

/** How long a webhook may take, milliseconds. */
const PATIENCE_MS = 15_000;

export type Resolve = (
  name: string,
  options: { all: true; family?: number; hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** @returns the status of the answer, of which nothing else is read @throws Error in words for people */
export function post(
  { url, allowed }: { url: URL; allowed: AllowedHost },
  { headers, body }: { headers: Record<string, string>; body: string },
  { patience = PATIENCE_MS, resolveName = resolve as Resolve }: { patience?: number; resolveName?: Resolve } = {},
): Promise<number> {
  return new Promise((answered, failed) => {
    const ask = url.protocol === 'https:' ? https : http;
    const signal = AbortSignal.timeout(patience);
    const bytes = Buffer.from(body);
    const asked = ask(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
        // A connection of its own: none stays open, and each goes through the check below.
        agent: false,
        lookup: openLookup(allowed, resolveName),
        maxHeaderSize: 16 * 1024,
        signal,
      },
      (response) => {
        response.destroy();
        answered(response.statusCode ?? 0);
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) return failed(new Error(`no answer within ${patience / 1000} s`));
      failed(error instanceof ClosedAddressError ? error : new Error(`no connection (${error.code ?? error.message})`));
    });
    // A host that is an address is looked up nowhere.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (/^[\d.]+$|:/.test(literal) && !isOpen(literal, allowed)) return void asked.destroy(new ClosedAddressError(url));
    asked.end(bytes);
  });
}

class ClosedAddressError extends Error {
  constructor({ hostname }: { hostname: string }) {
    super(
      `${hostname} has an address that is not public; expected one that is, or its network in SALTWORKS_WEBHOOK_HOSTS`,
    );
  }
}

/** Resolves a name to addresses that are all open: the socket connects to these, so nothing is asked a second time. */
const openLookup =
  (allowed: AllowedHost, resolveName: Resolve): LookupFunction =>
  (hostname, { all, family, hints }, done) => {
    resolveName(hostname, { all: true, family: Number(family ?? 0), hints }, (error, addresses) => {
      if (error) return done(error, '');
      if (addresses.length === 0 || addresses.some(({ address }) => !isOpen(address, allowed))) {
        return done(new ClosedAddressError({ hostname }), '');
      }
      if (all) return done(null, addresses);
      done(null, addresses[0].address, addresses[0].family);
    });
  };
