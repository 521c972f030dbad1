/** What an annotator does with the pixels of the labels on screen: fill a part, lock, split, count, find what has no label. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import { type Parts, partsOf } from '@saltworks/core/mask/parts';
import { splitByLine } from '@saltworks/core/mask/split';
import { useDeferredValue, useMemo, useRef } from 'react';
import { placeOn } from './board/strokes.ts';
import type { Box, Point } from './board/view.ts';
import type { Labels } from './labels.ts';
import { nameOf } from './names.ts';
import type { Session } from './session/session.ts';

interface Given {
  session: Session;
  drawing: Drawing;
  /** Labels of the image's pixels for the whole drawing; undefined while they are coarser or older. */
  pixel?: Labels;
  segment: number;
  /** Exact strokes label their own pixels only. */
  only: boolean;
  /** Does the work; what is refused is shown. */
  attempt(work: () => void): void;
  /** The same, where the segment is drawn: it gets a name if it has none yet. */
  attemptDrawn(segment: number, work: () => void): void;
  say(text: string): void;
}

/** A part of fewer pixels stays with its segment when this is split. */
const leastPart = 16;

export function usePixels({ session, drawing, pixel, segment, only, attempt, attemptDrawn, say }: Given) {
  const { categories } = session.state;
  const name = (id: number) => nameOf(id, drawing.segments, categories);
  const locked = useMemo(() => new Set(drawing.locks?.map((lock) => lock.segment)), [drawing.locks]);
  // Counted once what the pen shows is there.
  const counted = useDeferredValue(pixel);
  const areas = useMemo(() => counted && areasOf(counted), [counted]);
  /** The last place without a label that was shown. */
  const shown = useRef<{ labels: Labels; place: number }>(undefined);

  const withPixels = (work: (labels: Labels) => void) => {
    if (pixel) work(pixel);
    else say('The pixels are not labelled yet: a moment.');
  };
  const fill = ({ x, y }: Point) =>
    withPixels((labels) => {
      const within = (at: number, size: number) => Math.min(size - 1, Math.max(0, Math.round(at)));
      const at = within(y, labels.height) * labels.width + within(x, labels.width);
      if (labels.ids[at] === segment) return say(`That is ${name(segment)} already.`);
      const { of } = partsOf(labels);
      const region = encodeRegion(of, of[at]);
      attemptDrawn(segment, () => session.do({ kind: 'fill', segment, region, ...(only && { spread: false }) }));
    });
  const lock = (id = segment) => {
    if (locked.has(id)) {
      attempt(() => session.do({ kind: 'unlock', segment: id }));
      return;
    }
    withPixels((labels) => {
      const region = encodeRegion(labels.ids, id);
      if (region.length === 0) return say(`${name(id)} has no pixel to lock.`);
      attempt(() => session.do({ kind: 'lock', segment: id, region }));
      say(`${name(id)} is locked: its pixels stay. V unlocks it.`);
    });
  };
  /** Cuts the segment: what lies on the smaller side of the line becomes one of its own. */
  const cut = (line: [number, number][]) =>
    withPixels((labels) => {
      if (!drawing.segments.some(({ id }) => id === segment)) return say('Only segments can be split.');
      if (locked.has(segment)) return say(`${name(segment)} is locked: V unlocks it.`);
      const region = splitByLine(labels, segment, line);
      if (!region) return say(`The line does not cut ${name(segment)} in two: draw it from edge to edge.`);
      attempt(() => session.do({ kind: 'split', segment, into: session.nextId, region }));
      say(`${name(segment)} is two segments: Z makes it one again.`);
    });
  /** Makes a segment of each of its parts but the largest. */
  const split = (whole = segment) =>
    withPixels((labels) => {
      if (!drawing.segments.some(({ id }) => id === whole)) return say('Only segments can be split.');
      if (locked.has(whole)) return say(`${name(whole)} is locked: V unlocks it.`);
      const parts = partsOf(labels);
      const own = partsBySize(parts, whole).filter((part) => parts.areas[part] >= leastPart);
      if (own.length < 2) return say(`${name(whole)} is in one part.`);
      attempt(() => {
        for (const part of own.slice(1)) {
          const region = encodeRegion(parts.of, part);
          session.do({ kind: 'split', segment: whole, into: session.nextId, region });
        }
      });
      say(`${own.length - 1} more of ${name(whole)}'s class: each part is a segment.`);
    });
  /** @returns a place in the next largest part that has no label */
  const unlabelled = (): Point | undefined => {
    if (!pixel) {
      say('The pixels are not labelled yet: a moment.');
      return undefined;
    }
    const parts = partsOf(pixel);
    const own = partsBySize(parts, 0);
    if (own.length === 0) {
      say('Every pixel belongs to a segment.');
      return undefined;
    }
    const place = shown.current?.labels === pixel ? (shown.current.place + 1) % own.length : 0;
    shown.current = { labels: pixel, place };
    say(`${place + 1} of ${own.length} without a label: ${parts.areas[own[place]]} pixels.`);
    return placeOn({ segment: 0, points: [], radius: 0, region: encodeRegion(parts.of, own[place]) }, pixel);
  };
  /** The box around a segment, pixels. */
  const boxOf = (id: number): Box | undefined => {
    if (!pixel) {
      say('The pixels are not labelled yet: a moment.');
      return undefined;
    }
    const box = boxIn(pixel, id);
    if (!box) say(`${name(id)} has no pixel yet.`);
    return box;
  };
  // The same from one render to the next: the list of segments does not render while the pen moves.
  const latest = useRef({ lock, split });
  latest.current = { lock, split };
  const acts = useMemo(
    () => ({ lock: (id?: number) => latest.current.lock(id), split: (id?: number) => latest.current.split(id) }),
    [],
  );
  return { locked, areas, fill, cut, unlabelled, boxOf, ...acts };
}

/** The parts of a segment, the largest first. */
const partsBySize = ({ ids, areas }: Parts, segment: number): number[] =>
  [...areas.keys()].filter((part) => ids[part] === segment).sort((a, b) => areas[b] - areas[a]);

/** Pixels by segment. */
function areasOf({ ids }: Labels): Map<number, number> {
  const areas = new Map<number, number>();
  for (let i = 0; i < ids.length; ) {
    const id = ids[i];
    const start = i;
    while (i < ids.length && ids[i] === id) i++;
    areas.set(id, (areas.get(id) ?? 0) + i - start);
  }
  return areas;
}

/** The smallest box around a segment's pixels; undefined where it has none. */
function boxIn({ ids, width }: Labels, id: number): Box | undefined {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== id) continue;
    const x = i % width;
    bottom = (i - x) / width;
    if (top < 0) top = bottom;
    if (x < left) left = x;
    if (x > right) right = x;
  }
  return top < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
