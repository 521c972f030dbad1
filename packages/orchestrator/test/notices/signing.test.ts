import { expect, test } from 'vitest';
import { newSecret, openSealer, signed } from '../../src/notices/signing.ts';

/** As the reference implementation of Standard Webhooks signs it (npm's standardwebhooks 1.1.1). */
test('a signature is that of Standard Webhooks', () => {
  const message = { message: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', at: 1_614_265_330_999 };
  expect(signed('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', message)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a secret has 32 random bytes', () => {
  const [a, b] = [newSecret(), newSecret()];
  expect(a).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(a).not.toBe(b);
});

test('a seal is opened by the same secret for the same owner alone', () => {
  const [sealer, other] = [openSealer('a'.repeat(32)), openSealer('b'.repeat(32))];
  const sealed = sealer.seal('w1', 'whsec_word');
  expect(sealed).not.toContain('word');
  expect(sealer.seal('w1', 'whsec_word')).not.toBe(sealed);
  expect(openSealer('a'.repeat(32)).open('w1', sealed)).toBe('whsec_word');
  expect(() => sealer.open('w2', sealed)).toThrow();
  expect(() => other.open('w1', sealed)).toThrow();
  const bytes = Buffer.from(sealed, 'base64url');
  bytes[14] ^= 1;
  expect(() => sealer.open('w1', bytes.toString('base64url'))).toThrow();
});
