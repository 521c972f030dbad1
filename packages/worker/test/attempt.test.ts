import { StorageFullError, UnwritableError } from '@saltworks/contract/errors';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { attempts } from '../src/attempt.ts';

/** What an attempt throws where its activity does, and whether the worker was called unfit. */
async function failed(error: Error, attempt: number) {
  const fits: boolean[] = [];
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
  const { inbound } = attempts({ log: () => {}, fit: (fit) => fits.push(fit) })(environment.context);
  const thrown = await environment
    .run(() => inbound?.execute?.({ args: [], headers: {} }, () => Promise.reject(error)) as Promise<unknown>)
    .catch((reason: Error) => reason);
  return { thrown, fits };
}

test('a full store is no fault of the worker, which goes on; the refused work comes back later and later', async () => {
  const error = new StorageFullError('the store holds 1 TB, 100 % of its quota of 1 TB');
  expect(await failed(error, 2)).toMatchObject({
    thrown: { message: error.message, type: 'StorageFullError' },
    fits: [],
  });
  expect((await failed(error, 2)).thrown).not.toHaveProperty('nextRetryDelay', '5 minutes');
  expect(await failed(error, 9)).toMatchObject({ thrown: { nextRetryDelay: '5 minutes' }, fits: [] });
});

test('a disk that takes nothing is: the work is left to other workers', async () => {
  expect(await failed(new UnwritableError('no room in /d'), 1)).toMatchObject({
    thrown: { name: 'WorkerFaultError' },
    fits: [false],
  });
});
