/** Metrics as answered, and who may read them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { registry } from './metrics.ts';

/** Prometheus's text form. */
export const exposition = async (): Promise<{ type: string; text: string }> => ({
  type: registry.contentType,
  text: await registry.metrics(),
});

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** @param host an address or name that a process listens on, or a caller's address */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

/** Headers by which proxies tell for whom they ask. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

export interface Reader {
  /** The address of the connection itself. */
  address: string;
  headers: IncomingHttpHeaders;
}

/**
 * Whether a caller may read metrics: with the token; or without, from this machine, of a process that listens on loopback alone,
 * unless a proxy asks for somebody else, or a page of another site whose name leads here.
 *
 * @param host that the process listens on
 */
export function mayRead({ address, headers }: Reader, { host, token }: { host: string; token?: string }): boolean {
  const given = /^Bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined && given !== undefined && isSame(given, token)) return true;
  const asked = `http://${headers.host}`;
  const named = URL.canParse(asked) ? new URL(asked).hostname.replace(/^\[|\]$/g, '') : '';
  const here = [host, address, named].every(isLoopback);
  return here && !forwarding.some((name) => headers[name] !== undefined);
}

const hash = (text: string) => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string) => timingSafeEqual(hash(a), hash(b));
