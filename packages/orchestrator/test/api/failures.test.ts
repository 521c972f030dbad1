import { UnwritableError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { answerTo } from '../../dist/api/failures.js';

test('what cannot be written for want of room is told so with 507, wherever the database is', () => {
  const full = new UnwritableError('no room in /home/database: 0 MB free; expected 33.5 MB');
  expect(answerTo(full)).toEqual({ code: 507, body: { error: full.message } });
  const message = 'could not extend file "base/5/16794": No space left on device';
  const postgres = Object.assign(new Error(message), { code: '53100' });
  expect(answerTo(postgres)).toEqual({ code: 507, body: { error: message } });
});
