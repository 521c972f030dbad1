/** The scribble document (spec/scribbles.md), versions 1 and 2: an annotator's strokes and segments on one image. */
import type { AttributeValues } from '../attributes.ts';
import { InvalidInputError } from '../errors.ts';
import { parseJson, parseJsonText } from './json.ts';
import { regionArea, regionEnd } from './run-lengths.ts';

/** The category of segments without a name. */
export const unnamed = 'unnamed';

/** Where pixels come from that nobody drew: a known mask that was imported, or one that a model predicted. */
export const givenOrigins = ['imported', 'predicted'] as const;
export type GivenOrigin = (typeof givenOrigins)[number];

export interface Segment {
  /** 1 … 2²⁴ − 1, the range of a panoptic PNG. 0 is the background: a label, but never a segment. */
  id: number;
  category: string;
  isthing: boolean;
  /** Nobody named it, or gave it its class: the image began with it. */
  origin?: GivenOrigin;
  /** Somebody took it for right as it was given. */
  accepted?: true;
  /** Values by name; `name` is the segment's own. */
  attributes?: AttributeValues;
}

export interface Stroke {
  segment: number;
  /**
   * [x, y] in pixels of the original, upright image; whole numbers are pixel centres. One point is a click. Points may lie
   * outside the image, where a pen crossed the edge. None where there is a region.
   */
  points: [number, number][];
  /** Half the brush's width, pixels; 0 where there is a region. */
  radius: number;
  /** The points are the corners of an outline, and all that it encloses is drawn. */
  polygon?: boolean;
  /** Run lengths of the pixels (`run-lengths.ts`), in place of a line. */
  region?: number[];
  /** Its pixels keep its label, whatever a solve says. */
  exact?: boolean;
  /** False: no other pixel learns from it. Only exact strokes may say so. */
  spread?: boolean;
  /** Nobody drew it: the image began with it. */
  origin?: GivenOrigin;
}

/** The pixels that a segment had when it was locked: they stay its own. */
export interface Lock {
  segment: number;
  /** Run lengths (`run-lengths.ts`). */
  region: number[];
}

export interface Scribbles {
  image: { width: number; height: number };
  segments: Segment[];
  strokes: Stroke[];
  /** In the order of locking. */
  locks?: Lock[];
  /** Values of the image by name. */
  attributes?: AttributeValues;
}

/** The version that says what is drawn: readers of version 1 alone would give another mask of what only version 2 has. */
export const scribblesVersion = ({ strokes, locks = [] }: Pick<Scribbles, 'strokes' | 'locks'>): 1 | 2 =>
  locks.length > 0 || strokes.some(({ polygon, region, exact }) => polygon || region || exact) ? 2 : 1;

export const maxSegmentId = 0xffffff;
const maxRadius = 10_000;

/**
 * @param source the file's bytes, or its text
 * @throws InvalidInputError naming the first thing wrong: received and expected
 */
export function parseScribbles(source: Uint8Array | string): Scribbles {
  try {
    return typeof source === 'string' ? parseJsonText(source, scribblesOf) : parseJson(source, scribblesOf);
  } catch (error) {
    if (error instanceof InvalidInputError && error.message.startsWith('not JSON')) {
      throw new InvalidInputError(`scribbles are ${error.message}`);
    }
    throw error;
  }
}

function scribblesOf(document: unknown): Scribbles {
  const root = object('scribbles', document);
  if (root.version !== 1 && root.version !== 2) {
    throw new InvalidInputError(`scribbles of version ${show(root.version)}; expected 1 or 2`);
  }
  const image = object('image', root.image);
  const width = number('image.width', image.width, 1, Number.MAX_SAFE_INTEGER, true);
  const height = number('image.height', image.height, 1, Number.MAX_SAFE_INTEGER, true);

  // A pen may cross the edge; a point a whole image away belongs to another image.
  const beyond = Math.max(width, height);

  const segments = array('segments', root.segments ?? []).map((entry, i): Segment => {
    const segment = object(`segments[${i}]`, entry);
    return {
      id: number(`segments[${i}].id`, segment.id, 1, maxSegmentId, true),
      category: string(`segments[${i}].category`, segment.category),
      isthing: boolean(`segments[${i}].isthing`, segment.isthing),
      ...originOf(segment.origin),
      ...(segment.accepted === true && { accepted: true }),
      ...valuesIn(`segments[${i}].attributes`, segment.attributes),
    };
  });
  const defined = new Set([0]);
  for (const { id } of segments) {
    if (defined.has(id)) throw new InvalidInputError(`segment ${id} defined twice; expected ids that differ`);
    defined.add(id);
  }

  const strokes = array('strokes', root.strokes).map((entry, i): Stroke => {
    const stroke = object(`strokes[${i}]`, entry);
    const segment = number(`strokes[${i}].segment`, stroke.segment, 0, maxSegmentId, true);
    if (!defined.has(segment)) {
      throw new InvalidInputError(`strokes[${i}] draws segment ${segment}, which is not defined in segments`);
    }
    const given = {
      ...flag(`strokes[${i}].polygon`, 'polygon', stroke),
      ...flag(`strokes[${i}].exact`, 'exact', stroke),
      ...flag(`strokes[${i}].spread`, 'spread', stroke),
      ...originOf(stroke.origin),
    };
    if (given.spread === false && !given.exact) {
      throw new InvalidInputError(`strokes[${i}].spread is false; expected true of a stroke that is not exact`);
    }
    if (stroke.region !== undefined) {
      if (stroke.points !== undefined || given.polygon) {
        throw new InvalidInputError(`strokes[${i}] has a region and points; expected one of the two`);
      }
      const region = regionOf(`strokes[${i}].region`, stroke.region, width * height);
      return { segment, points: [], radius: 0, region, ...given };
    }
    const radius =
      given.polygon && stroke.radius === undefined ? 0 : number(`strokes[${i}].radius`, stroke.radius, 0, maxRadius);
    const points = array(`strokes[${i}].points`, stroke.points).map((point, j): [number, number] => {
      const name = `strokes[${i}].points[${j}]`;
      const pair = array(name, point);
      if (pair.length !== 2) throw new InvalidInputError(`${name} has ${pair.length} numbers; expected [x, y]`);
      return [
        number(`${name} x`, pair[0], -beyond, width + beyond),
        number(`${name} y`, pair[1], -beyond, height + beyond),
      ];
    });
    if (points.length === 0) throw new InvalidInputError(`strokes[${i}] has no points; expected at least one`);
    if (given.polygon && points.length < 3) {
      throw new InvalidInputError(`strokes[${i}] is a polygon of ${points.length} points; expected at least three`);
    }
    return { segment, points, radius, ...given };
  });
  if (strokes.length === 0) throw new InvalidInputError('no strokes; expected at least two labels to be drawn');
  const locks = array('locks', root.locks ?? []).map((entry, i): Lock => {
    const lock = object(`locks[${i}]`, entry);
    const segment = number(`locks[${i}].segment`, lock.segment, 0, maxSegmentId, true);
    if (!defined.has(segment)) {
      throw new InvalidInputError(`locks[${i}] is of segment ${segment}, which is not defined in segments`);
    }
    return { segment, region: regionOf(`locks[${i}].region`, lock.region, width * height) };
  });
  return {
    image: { width, height },
    segments,
    strokes,
    ...(locks.length > 0 && { locks }),
    ...valuesIn('attributes', root.attributes),
  };
}

/** Values that may be missing, as a field. */
function valuesIn(name: string, value: unknown): { attributes?: AttributeValues } {
  if (value === undefined) return {};
  const attributes = object(name, value);
  for (const [key, one] of Object.entries(attributes)) {
    if (!['boolean', 'number', 'string'].includes(typeof one)) {
      throw new InvalidInputError(`${name}.${key} is ${show(one)}; expected true, false, a number or a text`);
    }
  }
  return { attributes: attributes as AttributeValues };
}

/** A boolean that may be missing, as a field. */
const flag = <K extends string>(name: string, key: K, from: Record<string, unknown>): { [k in K]?: boolean } =>
  from[key] === undefined ? {} : ({ [key]: boolean(name, from[key]) } as { [k in K]?: boolean });

/** A field of that name which says something else is ignored, as unknown fields are. */
function originOf(value: unknown): Pick<Stroke, 'origin'> {
  const origin = givenOrigins.find((known) => known === value);
  return origin ? { origin } : {};
}

function regionOf(name: string, value: unknown, pixels: number): number[] {
  const region = array(name, value).map((length, i) => number(`${name}[${i}]`, length, 0, pixels, true));
  const end = regionEnd(region);
  if (end > pixels) throw new InvalidInputError(`${name} has ${end} pixels; expected at most the image's ${pixels}`);
  if (regionArea(region) === 0) throw new InvalidInputError(`${name} holds no pixel; expected at least one`);
  return region;
}

function object(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidInputError(`${name} is ${show(value)}; expected an object`);
}

function array(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidInputError(`${name} is ${show(value)}; expected a list`);
}

function number(name: string, value: unknown, min: number, max: number, whole = false): number {
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new InvalidInputError(
    `${name} is ${show(value)}; expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
  );
}

function string(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0) return value;
  throw new InvalidInputError(`${name} is ${show(value)}; expected a text`);
}

function boolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidInputError(`${name} is ${show(value)}; expected true or false`);
}

/** A value as one short line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
