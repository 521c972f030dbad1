/** From a log of interactions to its drawing. */
import { type Drawing, type Interaction, isGiven } from '@saltworks/contract/api/interactions';
import type { AttributeValue } from '@saltworks/contract/attributes';
import type { Lock } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';

/** All but undo and redo. */
type Deed = Exclude<Interaction, { kind: 'undo' | 'redo' }>;

/** Whether an interaction draws a stroke. */
export const draws = (interaction: Interaction): interaction is Extract<Interaction, { kind: 'stroke' | 'fill' }> =>
  interaction.kind === 'stroke' || interaction.kind === 'fill';

/** Replays a log from the beginning. @throws InvalidInputError as {@link Replay} does */
export function replay(interactions: readonly Interaction[]): Drawing {
  const replayed = openReplay();
  for (const interaction of interactions) replayed.add(interaction);
  return replayed.drawing();
}

export interface Replay {
  /**
   * @throws InvalidInputError for a segment that is named twice, for an interaction with a segment or stroke that does not
   *   exist, and for one that would change a locked segment. Such an interaction counts for nothing.
   */
  add(interaction: Interaction): void;
  /** What the interactions so far amount to. Parts that the last ones did not change are the same objects as before. */
  drawing(): Drawing;
}

/** A log that grows: one interaction more costs little, however many there are. */
export function openReplay(): Replay {
  /** By id, and by number. Deleted segments and erased strokes keep their place, for an undo. */
  const segments = new Map<number, Drawing['segments'][number]>();
  /** Ids of the segments as they are listed. */
  const order: number[] = [];
  const strokes = new Map<number, Drawing['strokes'][number]>();
  const deleted = new Set<number>();
  const erased = new Set<number>();
  let ofImage: Values = {};
  /** By id: the segment that a segment was merged into. */
  const merged = new Map<number, number>();
  /** By id of the segment that is locked. */
  const locks = new Map<number, Lock>();
  /** The interactions that count, and those that were undone and may be redone. */
  const done: { deed: Deed; n: number; revert: () => void }[] = [];
  const undone: { deed: Deed; n: number }[] = [];
  /** The number of interactions so far. */
  let count = 0;
  /** Parts of the drawing that was asked for last, while they hold. */
  let last: { segments?: Drawing['segments']; strokes?: Drawing['strokes']; locks?: Lock[] } = {};

  /** The segment that a segment's strokes belong to by now. */
  const ownerOf = (id: number): number => {
    const into = merged.get(id);
    return into === undefined ? id : ownerOf(into);
  };
  const hasSegment = (id: number) => segments.has(id) && !deleted.has(id) && !merged.has(id);
  /** Whether it is as the image began with it, and nobody said that it is right. */
  const waits = (id: number) => segments.get(id)?.origin !== undefined && !segments.get(id)?.accepted;
  const hasStroke = (n: number) => {
    const stroke = strokes.get(n);
    return stroke !== undefined && !erased.has(n) && !deleted.has(ownerOf(stroke.segment));
  };
  const isThere = ({ n }: { n: number }) => hasStroke(n);
  const owned = (stroke: Drawing['strokes'][number]) =>
    merged.has(stroke.segment) ? { ...stroke, segment: ownerOf(stroke.segment) } : stroke;
  /** @returns what takes it back */
  const setSegment = (segment: Drawing['segments'][number]): (() => void) => {
    const before = segments.get(segment.id)!;
    segments.set(segment.id, segment);
    return () => segments.set(segment.id, before);
  };
  /** @returns what takes it back */
  const setValue = (id: number, attribute: number, value: AttributeValue | undefined): (() => void) => {
    const segment = id === 0 ? undefined : segments.get(id)!;
    const before = ofImage;
    const values = changed(segment ? (segment.values ?? {}) : before, String(attribute), value);
    if (segment) return setSegment(changed(segment, 'values', Object.keys(values).length > 0 ? values : undefined));
    ofImage = values;
    return () => {
      ofImage = before;
    };
  };
  const valuesOf = (id: number | undefined): { values?: Values } => {
    const values = id === undefined ? undefined : segments.get(id)?.values;
    return values ? { values: { ...values } } : {};
  };
  /** @param after the segment below which it is listed; left out, it is the last @returns what takes it back */
  const addSegment = (segment: Drawing['segments'][number], after?: number): (() => void) => {
    segments.set(segment.id, segment);
    order.splice(after === undefined ? order.length : order.indexOf(after) + 1, 0, segment.id);
    return () => {
      segments.delete(segment.id);
      order.splice(order.indexOf(segment.id), 1);
    };
  };
  /** Does a deed, or takes it back. @returns what takes it back: an undo takes the last that counts, so no other rests on it */
  const apply = (deed: Deed, n: number): (() => void) => {
    switch (deed.kind) {
      case 'segment':
        return addSegment({ ...segmentOf(deed), ...valuesOf(deed.like) });
      case 'stroke':
      case 'fill':
        strokes.set(n, strokeOf(deed, n));
        return () => strokes.delete(n);
      case 'erase':
        erased.add(deed.stroke);
        return () => erased.delete(deed.stroke);
      case 'delete':
        deleted.add(deed.segment);
        return () => deleted.delete(deed.segment);
      case 'accept': {
        const given = deed.segment === null ? order.filter((id) => hasSegment(id) && waits(id)) : [deed.segment];
        const taken = given.map((id) => setSegment(changed(segments.get(id)!, 'accepted', true)));
        return () => {
          for (const takeBack of taken) takeBack();
        };
      }
      case 'classify':
        // Its class is a person's from now on.
        return setSegment({ id: deed.segment, category: deed.category });
      case 'split': {
        const { category } = segments.get(deed.segment)!;
        const takeBack = addSegment({ id: deed.into, category, ...valuesOf(deed.segment) }, deed.segment);
        strokes.set(n, strokeOf(deed, n));
        return () => {
          strokes.delete(n);
          takeBack();
        };
      }
      case 'move': {
        const from = order.indexOf(deed.segment);
        order.splice(from, 1);
        const to = deed.before === null ? order.length : order.indexOf(deed.before);
        order.splice(to, 0, deed.segment);
        return () => {
          order.splice(to, 1);
          order.splice(from, 0, deed.segment);
        };
      }
      case 'merge':
        merged.set(deed.segment, deed.into);
        return () => merged.delete(deed.segment);
      case 'lock':
        locks.set(deed.segment, { segment: deed.segment, region: deed.region });
        return () => locks.delete(deed.segment);
      case 'unlock': {
        const lock = locks.get(deed.segment)!;
        locks.delete(deed.segment);
        return () => locks.set(deed.segment, lock);
      }
      case 'rename':
        return setSegment(changed(segments.get(deed.segment)!, 'name', deed.name ?? undefined));
      case 'value':
        return setValue(deed.segment, deed.attribute, deed.value ?? undefined);
    }
  };
  /** Forgets the parts of the last drawing that a deed, or its undo, changes; a stroke more or less is done there. */
  const note = (deed: Deed, n: number, back: boolean) => {
    const { segments, strokes, locks } = last;
    if (draws(deed)) {
      const [own, top] = [n, strokes?.at(-1)?.n];
      last = { segments, locks, strokes: back ? (top === own ? strokes?.slice(0, -1) : undefined) : withStroke(n) };
    } else if (deed.kind === 'erase') {
      last = { segments, locks, strokes: back ? undefined : strokes?.filter((stroke) => stroke.n !== deed.stroke) };
    } else if (deed.kind === 'lock' || deed.kind === 'unlock') last = { segments, strokes };
    else if (deed.kind === 'delete' || deed.kind === 'merge' || deed.kind === 'split') last = { locks };
    else last = { strokes, locks };
  };
  const withStroke = (n: number) => last.strokes && [...last.strokes, owned(strokes.get(n)!)];
  const take = (deed: Deed, n: number) => {
    done.push({ deed, n, revert: apply(deed, n) });
    note(deed, n, false);
  };
  const check = (deed: Deed, n: number) => {
    const { kind } = deed;
    const named = kind === 'segment' ? deed.id : kind === 'split' ? deed.into : undefined;
    if (named === 0 || (named !== undefined && segments.has(named))) {
      throw new InvalidInputError(`interaction ${n} names segment ${named}; expected one that has no name yet`);
    }
    const other = kind === 'segment' ? deed.like : kind === 'move' ? (deed.before ?? undefined) : undefined;
    if (other !== undefined && !hasSegment(other)) {
      throw new InvalidInputError(`interaction ${n} refers to segment ${other}; expected one that is there`);
    }
    if (kind === 'move' && deed.segment === deed.before) {
      throw new InvalidInputError(`interaction ${n} moves segment ${deed.segment} before itself; expected another`);
    }
    if (kind === 'erase' && !hasStroke(deed.stroke)) {
      throw new InvalidInputError(`interaction ${n} erases stroke ${deed.stroke}; expected one that is there`);
    }
    for (const id of changedBy(deed)) {
      // The background has no name, but may be drawn and locked; values of it are the image's.
      const isBackground = id === 0 && (draws(deed) || kind === 'lock' || kind === 'unlock' || kind === 'value');
      if (!isBackground && !hasSegment(id)) {
        const expected = draws(deed) ? '0 or one that was named' : 'one that is there';
        throw new InvalidInputError(`interaction ${n} ${verbs[kind]} segment ${id}; expected ${expected}`);
      }
      if (kind === 'unlock' ? !locks.has(id) : locks.has(id) && !keepsPixels.has(kind)) {
        const expected = kind === 'unlock' ? 'one that is locked' : 'one that is not locked';
        throw new InvalidInputError(`interaction ${n} ${verbs[kind]} segment ${id}; expected ${expected}`);
      }
    }
    if (kind === 'accept' && deed.segment !== null && !waits(deed.segment)) {
      throw new InvalidInputError(`interaction ${n} accepts segment ${deed.segment}; expected one that was given`);
    }
    if (kind === 'merge' && deed.segment === deed.into) {
      throw new InvalidInputError(`interaction ${n} merges segment ${deed.into} into itself; expected another`);
    }
  };

  const add = (interaction: Interaction) => {
    const n = count + 1;
    if (interaction.kind === 'undo') {
      const top = done.pop();
      if (top) {
        top.revert();
        note(top.deed, top.n, true);
        undone.push(top);
      }
    } else if (interaction.kind === 'redo') {
      const top = undone.pop();
      if (top) take(top.deed, top.n);
    } else {
      check(interaction, n);
      // What an image began with is there before the first deed: no undo takes it back.
      if (isGiven(interaction)) {
        apply(interaction, n);
        last = {};
      } else take(interaction, n);
      undone.length = 0;
    }
    count = n;
  };
  const drawing = (): Drawing => {
    last = {
      segments: last.segments ?? order.filter(hasSegment).map((id) => segments.get(id)!),
      strokes: last.strokes ?? [...strokes.values()].filter(isThere).map(owned),
      locks: last.locks ?? [...locks.values()],
    };
    return {
      ...{ segments: last.segments!, strokes: last.strokes! },
      ...(locks.size > 0 && { locks: last.locks }),
      ...(Object.keys(ofImage).length > 0 && { values: ofImage }),
      ...{ undo: done.length > 0, redo: undone.length > 0 },
    };
  };
  return { add, drawing };
}

const segmentOf = ({ id, category, origin }: Extract<Interaction, { kind: 'segment' }>) => ({
  ...{ id, category },
  ...(origin && { origin }),
});

type Values = NonNullable<Drawing['values']>;

/** Interactions with a segment that change no pixel: a lock does not hold them. */
const keepsPixels = new Set<Deed['kind']>(['accept', 'classify', 'rename', 'value', 'move']);

/** An object with another value, or without one. */
function changed<T extends object, K extends keyof T>(of: T, key: K, value: T[K] | undefined): T {
  const { [key]: _, ...rest } = of;
  return (value === undefined ? rest : { ...rest, [key]: value }) as T;
}

/** Strokes of interactions that were replayed before: a page takes its log over anew where another window has drawn. */
const known = new WeakMap<Interaction, Drawing['strokes'][number]>();

function strokeOf(interaction: Extract<Interaction, { kind: 'stroke' | 'fill' | 'split' }>, n: number) {
  const before = known.get(interaction);
  if (before?.n === n) return before;
  const stroke = { ...drawnBy(interaction), n };
  known.set(interaction, stroke);
  return stroke;
}

function drawnBy(interaction: Extract<Interaction, { kind: 'stroke' | 'fill' | 'split' }>) {
  if (interaction.kind === 'split') {
    const { into: segment, region } = interaction;
    return { segment, region, points: [], radius: 0, exact: true, spread: false };
  }
  const { kind: _, ...drawn } = interaction;
  return 'region' in drawn ? { ...drawn, points: [], radius: 0, exact: true } : drawn;
}

const verbs: Record<Deed['kind'], string> = {
  ...{ segment: 'names', stroke: 'draws', fill: 'draws', erase: 'erases', delete: 'deletes', classify: 'classifies' },
  ...{ accept: 'accepts', rename: 'names', value: 'describes', split: 'splits', move: 'moves' },
  ...{ merge: 'merges', lock: 'locks', unlock: 'unlocks' },
};

/** Ids of the segments, and perhaps the background, that an interaction changes; they have to be there. */
function changedBy(deed: Deed): number[] {
  switch (deed.kind) {
    case 'stroke':
    case 'fill':
    case 'delete':
    case 'classify':
    case 'lock':
    case 'unlock':
    case 'rename':
    case 'value':
    case 'split':
    case 'move':
      return [deed.segment];
    case 'merge':
      return [deed.segment, deed.into];
    case 'accept':
      return deed.segment === null ? [] : [deed.segment];
    default:
      return [];
  }
}
