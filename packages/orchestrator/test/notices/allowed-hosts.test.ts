import { describe, expect, test } from 'vitest';
import { allowedHostsOf, expectAllowed, isOpen } from '../../src/notices/allowed-hosts.ts';

const goes = (list: string, address: string): boolean => {
  try {
    expectAllowed(allowedHostsOf(list), address);
    return true;
  } catch {
    return false;
  }
};

describe('an address is allowed', () => {
  test.each([
    ['hooks.example.org', 'https://hooks.example.org/a?b=c'],
    ['hooks.example.org', 'https://HOOKS.example.org:443/'],
    ['hooks.example.org:8443', 'https://hooks.example.org:8443/'],
    ['other.org, *.example.org', 'https://a.b.example.org/'],
    ['http://hooks.example.org', 'http://hooks.example.org/'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/'],
    ['http://[::1]:9000', 'http://[::1]:9000/'],
    ['bücher.example', 'https://xn--bcher-kva.example/'],
    ['hooks.local=10.0.0.0/8', 'https://hooks.local/'],
  ])('by the list %s: %s', (list, address) => {
    expect(goes(list, address)).toBe(true);
  });
});

describe('an address is refused', () => {
  test.each([
    ['', 'https://hooks.example.org/'],
    ['hooks.example.org', 'http://hooks.example.org/'],
    ['hooks.example.org', 'https://hooks.example.org:8443/'],
    ['hooks.example.org:8443', 'https://hooks.example.org/'],
    ['hooks.example.org', 'https://hooks.example.org.evil.test/'],
    ['hooks.example.org', 'https://hooks.example.org./'],
    ['*.example.org', 'https://example.org/'],
    ['*.example.org', 'https://evilexample.org/'],
    ['hooks.example.org', 'https://hooks.example.org@evil.test/'],
    ['hooks.example.org', 'https://user:word@hooks.example.org/'],
    ['hooks.example.org', 'https://hooks.example.org/#part'],
    ['hooks.example.org', 'https://2130706433/'],
    ['http://127.0.0.1:9000', 'http://127.0.0.2:9000/'],
    ['hooks.example.org', 'ftp://hooks.example.org/'],
    ['hooks.example.org', 'file:///etc/passwd'],
    ['hooks.example.org', 'nonsense'],
  ])('by the list “%s”: %s', (list, address) => {
    expect(goes(list, address)).toBe(false);
  });

  test('in one line that names the setting', () => {
    expect(() => expectAllowed([], 'http://10.0.0.1/x')).toThrow(
      'the server sends nothing to http://10.0.0.1; expected a host of its SALTWORKS_WEBHOOK_HOSTS, which is empty',
    );
  });
});

test.each([
  'https://',
  'a b=c',
  'a=b',
  'a=10.0.0.0/33',
  'a=10.0.0.0/x',
  '*',
  '*.127.0.0.1',
  '127.0.0.1=10.0.0.0/8',
  'a/b',
  'ftp://a',
  'a:99999',
])('the list “%s” is refused', (list) => {
  expect(() => allowedHostsOf(list)).toThrow(/^SALTWORKS_WEBHOOK_HOSTS with .*; expected \[http:\/\/\]HOST/);
});

describe('of the addresses that a name has', () => {
  test.each(['93.184.216.34', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::5'])(
    '%s is open',
    (address) => {
      expect(isOpen(address, {})).toBe(true);
    },
  );

  test.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...['192.168.1.1', '192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::7f00:1', '64:ff9b::7f00:1', 'fc00::1', 'fd12::1'],
    ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::'],
  ])('%s is not', (address) => {
    expect(isOpen(address, {})).toBe(false);
  });

  test('one that is not public is open in the network that the list gives its name, others are not', () => {
    const [entry] = allowedHostsOf('hooks.local=10.1.0.0/16');
    expect(['10.1.2.3', '10.2.0.1', '127.0.0.1', '8.8.8.8'].map((address) => isOpen(address, entry))).toEqual([
      ...[true, false, false, true],
    ]);
    const [literal] = allowedHostsOf('http://127.0.0.1:9000');
    expect([isOpen('127.0.0.1', literal), isOpen('127.0.0.2', literal)]).toEqual([true, false]);
  });
});
