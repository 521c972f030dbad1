import { describe, expect, expectTypeOf, test } from 'vitest';
import { type AnswerOf, addressOf, answerOf, endpoint, type Given } from '../../src/api/endpoint.ts';
import { decimal, integer, text } from '../../src/api/fields.ts';
import * as z from '../../src/zod.ts';

const getSheep = endpoint({
  method: 'GET',
  url: '/api/flocks/:flock/sheep/:sheep',
  query: z.object({ limit: z._default(integer(1, 9), 3), name: z.optional(text(9)) }),
  response: z.object({ id: z.string(), wool: z.nullable(z.number()) }),
});
const params = { flock: 'a b', sheep: '7/8' };

describe('an address', () => {
  test('holds its parameters and its query encoded, without fields that are undefined', () => {
    expect(addressOf(getSheep, { params })).toBe('/api/flocks/a%20b/sheep/7%2F8');
    const query = { limit: 2, name: undefined };
    expect(addressOf(getSheep, { params, query })).toBe('/api/flocks/a%20b/sheep/7%2F8?limit=2');
    expect(addressOf(getSheep, { params, query: { name: 'é&=' } })).toBe(
      '/api/flocks/a%20b/sheep/7%2F8?name=%C3%A9%26%3D',
    );
  });

  test('takes the query of an address bar as it is', () => {
    const query = new URLSearchParams('limit=many&other=1');
    expect(addressOf(getSheep, { params, query })).toBe('/api/flocks/a%20b/sheep/7%2F8?limit=many&other=1');
  });

  test('needs every parameter of the url, and no other', () => {
    // @ts-expect-error: no `sheep`
    expect(addressOf(getSheep, { params: { flock: 'a' } })).toMatch(/undefined/);
    // @ts-expect-error: nothing at all
    expect(() => addressOf(getSheep)).not.toThrow();
    type Asked = Given<typeof getSheep>;
    expectTypeOf<Asked['params']>().toEqualTypeOf<{ flock: string; sheep: string }>();
  });

  test('needs a query only where a field of it has no default', () => {
    const at = z.object({ x: decimal(0, 1) });
    const getWool = endpoint({ method: 'GET', url: '/api/wool', query: at, response: z.null() });
    expect(addressOf(getWool, { query: { x: 0.5 } })).toBe('/api/wool?x=0.5');
    // @ts-expect-error: no `x`
    expect(addressOf(getWool)).toBe('/api/wool');
  });
});

test('a whole number of a query has as many digits as numbers hold exactly', () => {
  const most = z.object({ at: integer(0, Number.MAX_SAFE_INTEGER) });
  expect(z.safeParse(most, { at: '9007199254740991' }).data).toEqual({ at: Number.MAX_SAFE_INTEGER });
  expect(z.safeParse(most, { at: '9007199254740993' }).success).toBe(false);
  expect(z.safeParse(most, { at: '0x10' }).success).toBe(false);
});

describe('an answer', () => {
  test('has the type of the schema, and no fields beyond it', () => {
    const answer = answerOf(getSheep, { id: 's', wool: null, later: true });
    expect(answer).toEqual({ id: 's', wool: null });
    expectTypeOf(answer).toEqualTypeOf<AnswerOf<typeof getSheep>>();
    expectTypeOf(answer.wool).toEqualTypeOf<number | null>();
  });

  test('of another form is refused with its endpoint and its first fault', () => {
    expect(() => answerOf(getSheep, { id: 's' })).toThrow(/GET \/api\/flocks\/:flock\/sheep\/:sheep .*wool/);
  });
});
