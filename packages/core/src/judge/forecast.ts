/** What a full run by a variant would take, from what its sample took: seconds, requests to the store, bytes, money. */
import type { BakeoffReport, BakeoffResult } from '@saltworks/contract/documents/bakeoffs';
import type { Prices } from '@saltworks/contract/documents/prices';

/** What a full run goes through. */
export interface Whole {
  images: number;
  drawn: number;
  shards: number;
}

export const requestKinds = ['get', 'put', 'head', 'list'] as const;
export type Requests = Record<(typeof requestKinds)[number], number>;

/** A device, and how long all inference takes there. */
export interface DeviceForecast {
  name: string;
  /** The sample was measured there. */
  measured: boolean;
  seconds: number | null;
  /** Of inference alone; null without a price. */
  money: number | null;
}

export interface Forecast {
  name: string;
  /** Images whose keys are missing, and masks that are made. */
  images: number;
  masks: number;
  devices: DeviceForecast[];
  /** Of one core, for all masks. */
  coreSeconds: number | null;
  requests: Requests;
  /** That are added to the store. */
  keyBytes: number | null;
  maskBytes: number | null;
  /** By what it is spent on, besides inference; each null without a price. */
  money: { masks: number | null; requests: number | null; storage: number | null };
  /** By device, with everything that has a price; null where nothing has. */
  total: (number | null)[];
}

/**
 * Requests of a run, as `extract` and `propagate` make them of images and shards that they see for the first time; tests hold
 * these numbers to what runs really ask. A shard takes its lines and their newer names, its report, and for keys what they are
 * made with.
 */
const perShard = {
  keys: { get: 5, put: 2, head: 0, list: 0 },
  masks: { get: 2, put: 1, head: 0, list: 1 },
} satisfies Record<string, Requests>;
const perImage = {
  /** Are there keys? If not: the image, and its keys. */
  missing: { get: 1, put: 1, head: 1, list: 0 },
  there: { get: 1, put: 0, head: 1, list: 0 },
  /** Strokes, is there a mask?, image, keys, what they are made with; PNG and document. */
  mask: { get: 5, put: 2, head: 0, list: 0 },
} satisfies Record<string, Requests>;

/** One forecast for each variant. @param prices without them no money, and no device but the measured one */
export const forecasts = (report: BakeoffReport, whole: Whole, prices?: Prices): Forecast[] =>
  report.variants.map((variant) => forecastOf(variant, whole, prices));

export function forecastOf(variant: BakeoffResult, whole: Whole, prices?: Prices): Forecast {
  const { name, cost, there, sample } = variant;
  // Keys of a run count the sample's among them; without a run, those of the sample are all there are.
  const cached = Math.min(whole.images, Math.max(there, sample.made + sample.cached));
  const images = whole.images - cached;
  const devices = devicesOf(variant, images, prices);
  const coreSeconds = times(cost.mask, whole.drawn);
  const requests = requestsOf({ ...whole, missing: images });
  const [keyBytes, maskBytes] = [times(cost.keyBytes, images), times(cost.maskBytes, whole.drawn)];
  const money = {
    masks: times(prices?.coreHour, coreSeconds && coreSeconds / 3600),
    requests: priceOf(requests, prices?.requests),
    storage: storageOf(prices?.storage, keyBytes, maskBytes),
  };
  const rest = Object.values(money);
  return {
    ...{ name, images, masks: whole.drawn, devices, coreSeconds, requests, keyBytes, maskBytes, money },
    total: devices.map((device) => sumOf([device.money, ...rest])),
  };
}

function devicesOf({ cost, ...variant }: BakeoffResult, images: number, prices?: Prices): DeviceForecast[] {
  const own = cost.device ?? 'the measured device';
  const listed = prices?.devices ?? [];
  const named = listed.find(({ name }) => name === own);
  const devices = [{ name: own, measured: true, hour: named?.hour, each: cost.inference }];
  for (const { name, hour, faster, imagesPerSecond = {} } of listed) {
    if (name === own) continue;
    const rate = rateOf(imagesPerSecond, variant.keys);
    const each = rate !== undefined ? 1 / rate : faster === undefined ? null : times(cost.inference, 1 / faster);
    devices.push({ name, measured: false, hour, each });
  }
  return devices.map(({ name, measured, hour, each }) => {
    const seconds = times(each, images);
    return { name, measured, seconds, money: times(hour, seconds && seconds / 3600) };
  });
}

/** What was measured of these very keys, else of the backbone: an earlier layer takes no longer, facet and codec change little. */
function rateOf(rates: Readonly<Record<string, number>>, keys: string): number | undefined {
  if (rates[keys] !== undefined) return rates[keys];
  const likeness = /^(-layer\d+)?(-query|-value)?(\+.*)?$/;
  const backbone = Object.keys(rates).find((name) => keys.startsWith(name) && likeness.test(keys.slice(name.length)));
  return backbone === undefined ? undefined : rates[backbone];
}

/** @param missing images without keys */
export function requestsOf({ images, drawn, shards, missing }: Whole & { missing: number }): Requests {
  const parts: [Requests, number][] = [
    [perShard.keys, shards],
    [perShard.masks, shards],
    [perImage.missing, missing],
    [perImage.there, images - missing],
    [perImage.mask, drawn],
  ];
  const sum = (kind: keyof Requests) => parts.reduce((total, [each, count]) => total + each[kind] * count, 0);
  return { get: sum('get'), put: sum('put'), head: sum('head'), list: sum('list') };
}

function priceOf(requests: Requests, prices: Prices['requests']): number | null {
  return sumOf(requestKinds.map((kind) => times(prices?.[kind], requests[kind] / 1000)));
}

const storageOf = (storage: Prices['storage'], ...bytes: (number | null)[]): number | null =>
  storage ? times(sumOf(bytes), (storage.gigabyteMonth * storage.months) / 1e9) : null;

const times = (one: number | null | undefined, count: number | null | undefined): number | null =>
  one === null || one === undefined || count === null || count === undefined ? null : one * count;

/** Of what is known; null where nothing is. */
function sumOf(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((sum, part) => sum + part, 0);
}
