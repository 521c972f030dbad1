import { endpoint } from '@saltworks/contract/api/endpoint';
import * as z from '@saltworks/contract/zod';
import { expect, test } from 'vitest';
import { route } from '../../dist/api/routes.js';

const getSheep = endpoint({
  method: 'GET',
  url: '/api/flocks/:flock/sheep',
  query: z.object({ limit: z.int() }),
  response: z.array(z.object({ id: z.string(), wool: z.number() })),
});
const served = { summary: 'Sheep of a flock', access: 'public' } as const;

// What compiles here is checked with all tests, by tsc.
test('a handler that answers as its endpoint says compiles', () => {
  const { method, url, summary } = route(getSheep, {
    ...served,
    handler: ({ params, query }) => [{ id: params.flock, wool: query.limit }],
  });
  expect({ method, url, summary }).toEqual({ method: 'GET', url: getSheep.url, summary: served.summary });
});

test('a handler does not compile if it answers anything else', () => {
  route(getSheep, {
    ...served,
    // @ts-expect-error: no `wool`
    handler: ({ params }) => [{ id: params.flock }],
  });
  route(getSheep, {
    ...served,
    // @ts-expect-error: wool is a number
    handler: async () => [{ id: '1', wool: 'much' }],
  });
  route(getSheep, {
    ...served,
    // @ts-expect-error: one instead of a list
    handler: () => ({ id: '1', wool: 1 }),
  });
});

test('a handler does not compile if it reads a parameter that its address lacks', () => {
  route(getSheep, {
    ...served,
    handler: ({ params }) => [
      {
        // @ts-expect-error: no `sheep` in the url
        id: params.sheep,
        wool: 1,
      },
    ],
  });
});
