/**
 * Where webhooks may lead: hosts that whoever runs the server lists. People who manage a campaign choose addresses, so a server
 * that went wherever they say would reach into its own network for them.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { InvalidInputError } from '@saltworks/contract/errors';

export interface AllowedHost {
  protocol: 'https:' | 'http:';
  /** In small letters, as in a URL; `*.example.org`: every name below it. */
  host: string;
  port: number;
  /** Addresses that are not public and allowed all the same. */
  inside?: BlockList;
}

const form =
  'expected [http://]HOST[:PORT][=NETWORK], such as hooks.example.org, *.example.org or hooks.local=10.0.0.0/8';

/** @param text entries between commas or blanks @throws InvalidInputError */
export const allowedHostsOf = (text: string): AllowedHost[] =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => entryOf(entry));

function entryOf(entry: string): AllowedHost {
  const refuse = () => new InvalidInputError(`SALTWORKS_WEBHOOK_HOSTS with ${entry}; ${form}`);
  const [, scheme, wildcard = '', place, network] =
    /^(https?:\/\/)?(\*\.)?([^*=/@?#\s]+)(?:=([0-9a-f.:]+(?:\/\d{1,3})?))?$/i.exec(entry) ?? [];
  const address = `${scheme ?? 'https://'}${place}`;
  if (place === undefined || !URL.canParse(address)) throw refuse();
  const { protocol, hostname, port } = new URL(address) as URL & Pick<AllowedHost, 'protocol'>;
  const literal = literalOf(hostname);
  if ((wildcard && literal) || (literal && network)) throw refuse();
  const inside = network ?? literal;
  return {
    protocol,
    host: wildcard + hostname,
    port: Number(port || defaultPorts[protocol]),
    ...(inside && { inside: networkOf(inside, refuse) }),
  };
}

const defaultPorts = { 'https:': 443, 'http:': 80 };

/** The address that a host is, if it is one. */
const literalOf = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) ? bare : undefined;
};

function networkOf(text: string, refuse: () => Error): BlockList {
  const [address, bits] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  if (!isIP(address) || Number(bits ?? most) > most) throw refuse();
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? most), isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}

/** The entry that lets a webhook go to an address. @throws InvalidInputError without one */
export function expectAllowed(hosts: readonly AllowedHost[], address: string): { url: URL; allowed: AllowedHost } {
  if (!URL.canParse(address)) throw new InvalidInputError(`the webhook ${address}; expected an address, https://…`);
  const url = new URL(address);
  const { protocol, hostname, username, password, hash } = url;
  if (username || password || hash) {
    throw new InvalidInputError(
      'a webhook with a user, a password or a fragment in its address; expected none of them',
    );
  }
  const port = Number(url.port || defaultPorts[protocol as AllowedHost['protocol']]);
  const covers = (host: string) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host);
  const allowed = hosts.find((each) => each.protocol === protocol && each.port === port && covers(each.host));
  if (allowed) return { url, allowed };
  const name = `${protocol === 'http:' ? 'http://' : ''}${url.host}`;
  throw new InvalidInputError(
    `the server sends nothing to ${name}; expected a host of its SALTWORKS_WEBHOOK_HOSTS${hosts.length === 0 ? ', which is empty' : ''}`,
  );
}

/**
 * Networks that are nobody's in public, by IANA's registries of special addresses; of IPv6, all that is not global unicast. Two
 * lists: Node takes an IPv4 address for one within ::/3, too.
 */
const special = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.ipv4.addSubnet(network, bits);
}
for (const [network, bits] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  // Within 2000::/3: protocols, documentation, and tunnels that carry IPv4 addresses.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special.ipv6.addSubnet(network, bits, 'ipv6');
}

/** Whether a webhook may be sent to this very address. @param address IPv4 or IPv6 */
export function isOpen(address: string, { inside }: Pick<AllowedHost, 'inside'>): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIPv4(bare) ? 'ipv4' : 'ipv6';
  return inside?.check(bare, family) || !special[family].check(bare, family);
}
