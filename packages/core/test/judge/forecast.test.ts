import type { BakeoffResult } from '@saltworks/contract/documents/bakeoffs';
import type { Prices } from '@saltworks/contract/documents/prices';
import { describe, expect, test } from 'vitest';
import { forecastOf, requestsOf } from '../../src/judge/forecast.ts';

const variant: BakeoffResult = {
  ...{ name: 'layer 9', keys: 'b-layer9+int8', known: null, accepted: null, pixels: null, labels: null },
  ...{ sample: { made: 20, cached: 4, bytes: 24e6 }, there: 0 },
  cost: { inference: 0.5, device: 'cpu', precision: 'float32', mask: 2, keyBytes: 1e6, maskBytes: 5_000 },
};
const whole = { images: 1_024, drawn: 100, shards: 5 };
const prices: Prices = {
  ...{ version: 1, currency: 'EUR' },
  devices: [
    { name: 'cpu', hour: 3.6 },
    { name: 'fast', hour: 36, faster: 50 },
    { name: 'timed', imagesPerSecond: { b: 100 } },
    { name: 'unknown' },
  ],
  coreHour: 0.18,
  requests: { get: 1, put: 10 },
  storage: { gigabyteMonth: 0.5, months: 2 },
};

describe('the forecast of a full run', () => {
  test('takes the sample for the mean of all, and leaves out what is there', () => {
    expect(forecastOf(variant, whole)).toMatchObject({
      ...{ name: 'layer 9', images: 1_000, masks: 100, coreSeconds: 200, keyBytes: 1e9, maskBytes: 5e5 },
      devices: [{ name: 'cpu', measured: true, seconds: 500, money: null }],
    });
    expect(forecastOf({ ...variant, there: 1_024 }, whole)).toMatchObject({ images: 0, keyBytes: 0 });
    // A run that went on since the sample was taken.
    expect(forecastOf({ ...variant, there: 524 }, whole).images).toBe(500);
  });

  test('without a price file there is no money, not even zero', () => {
    const { money, total } = forecastOf(variant, whole);
    expect([money, total]).toEqual([{ masks: null, requests: null, storage: null }, [null]]);
  });

  test('other devices are as fast as they are said to be, or as was measured there', () => {
    const { devices } = forecastOf(variant, whole, prices);
    expect(devices.map(({ name, seconds }) => [name, seconds])).toEqual([
      ['cpu', 500],
      ['fast', 10],
      ['timed', 10],
      ['unknown', null],
    ]);
    // Of another size nothing was measured.
    const larger = forecastOf({ ...variant, keys: 'b-layer9-900px' }, whole, prices).devices;
    expect(larger[2].seconds).toBeNull();
    // The codec changes nothing, another facet little; another backbone everything.
    expect(forecastOf({ ...variant, keys: 'b-value' }, whole, prices).devices[2].seconds).toBe(10);
    expect(forecastOf({ ...variant, keys: 'b-large' }, whole, prices).devices[2].seconds).toBeNull();
  });

  test('money is what has a price, added up by device', () => {
    const { devices, money, total, requests } = forecastOf(variant, whole, prices);
    expect(devices.map(({ money }) => money)).toEqual([expect.closeTo(0.5), expect.closeTo(0.1), null, null]);
    expect(money.masks).toBeCloseTo(0.01);
    expect(money.requests).toBeCloseTo(requests.get / 1000 + requests.put / 100);
    expect(money.storage).toBeCloseTo(1.0005);
    const rest = money.masks! + money.requests! + money.storage!;
    expect(total).toEqual([0.5 + rest, 0.1 + rest, rest, rest].map((sum) => expect.closeTo(sum)));
  });

  test('what was not measured is not foretold', () => {
    const cost = { ...variant.cost, inference: null, device: null, keyBytes: null };
    const found = forecastOf({ ...variant, cost }, whole);
    expect(found.devices).toEqual([{ name: 'the measured device', measured: true, seconds: null, money: null }]);
    expect(found.keyBytes).toBeNull();
  });

  test('requests grow by image and by shard', () => {
    const of = (missing: number, drawn: number, shards: number) => requestsOf({ images: 10, drawn, shards, missing });
    const base = of(0, 0, 0);
    expect(of(10, 0, 0).put - base.put).toBe(10);
    expect(of(0, 0, 3).list).toBe(3);
    expect(of(0, 10, 0).get - base.get).toBe(50);
  });
});
