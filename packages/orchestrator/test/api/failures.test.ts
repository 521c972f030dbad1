import { UnwritableError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { answerTo } from '../../dist/api/failures.js';

test('a write without room is answered with 507, on both databases', () => {
  const full = new UnwritableError('no room in /home/database: 0 MB free; expected 33.5 MB');
  expect(answerTo(full, 'one')).toEqual({ code: 507, body: { error: full.message } });
  const message = 'could not extend file "base/5/16794": No space left on device';
  const postgres = Object.assign(new Error(message), { code: '53100' });
  expect(answerTo(postgres, 'one')).toEqual({ code: 507, body: { error: message } });
});
