import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newSecret, signed } from '../../src/notices/signing.ts';

const text = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');
const code = /```js\n([\s\S]*?)```/.exec(text)?.[1] as string;

test('the code of docs/webhooks.md tells what was sent from what was not', async () => {
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const [secret, body, message] = [newSecret(), '{"é":1}', 'msg_1'];
  const headers = signed(secret, { message, body, at: Date.now() });
  expect(isGenuine(secret, headers, body)).toBe(true);
  expect(isGenuine(secret, { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }, body)).toBe(
    true,
  );
  expect(isGenuine(newSecret(), headers, body)).toBe(false);
  expect(isGenuine(secret, headers, '{"é":2}')).toBe(false);
  expect(isGenuine(secret, { ...headers, 'webhook-id': 'msg_2' }, body)).toBe(false);
  expect(isGenuine(secret, signed(secret, { message, body, at: Date.now() - 600_000 }), body)).toBe(false);
});
