/** From a log of interactions to its drawing. */
import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import type { Lock } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';

/**
 * Replays a log from the beginning.
 *
 * @throws InvalidInputError for a segment that is named twice, for an interaction with a segment or stroke that does not
 *   exist, and for one that would change a locked segment
 */
export function replay(interactions: readonly Interaction[]): Drawing {
  /** By id, and by number. Deleted segments and erased strokes keep their place, for an undo. */
  const segments = new Map<number, Drawing['segments'][number]>();
  const strokes = new Map<number, Drawing['strokes'][number]>();
  const deleted = new Set<number>();
  const erased = new Set<number>();
  /** By the number of a `classify`: the category before it. */
  const before = new Map<number, number>();
  /** By id: the segment that a segment was merged into. */
  const merged = new Map<number, number>();
  /** By id of the segment that is locked, and by the number of an `unlock`. */
  const locks = new Map<number, Lock>();
  const unlocked = new Map<number, Lock>();
  /** Numbers of the interactions that count, and of those that were undone and may be redone. */
  const done: number[] = [];
  const undone: number[] = [];

  /** The segment that a segment's strokes belong to by now. */
  const ownerOf = (id: number): number => {
    const into = merged.get(id);
    return into === undefined ? id : ownerOf(into);
  };
  const hasSegment = (id: number) => segments.has(id) && !deleted.has(id) && !merged.has(id);
  const hasStroke = (n: number) => {
    const stroke = strokes.get(n);
    return stroke !== undefined && !erased.has(n) && !deleted.has(ownerOf(stroke.segment));
  };
  const apply = (n: number) => {
    const interaction = interactions[n - 1];
    switch (interaction.kind) {
      case 'segment':
        segments.set(interaction.id, { id: interaction.id, category: interaction.category });
        break;
      case 'stroke':
      case 'fill':
        strokes.set(n, strokeOf(interaction, n));
        break;
      case 'erase':
        erased.add(interaction.stroke);
        break;
      case 'delete':
        deleted.add(interaction.segment);
        break;
      case 'classify': {
        const segment = segments.get(interaction.segment)!;
        before.set(n, segment.category);
        segment.category = interaction.category;
        break;
      }
      case 'merge':
        merged.set(interaction.segment, interaction.into);
        break;
      case 'lock':
        locks.set(interaction.segment, { segment: interaction.segment, region: interaction.region });
        break;
      case 'unlock':
        unlocked.set(n, locks.get(interaction.segment)!);
        locks.delete(interaction.segment);
    }
    done.push(n);
  };
  // An undo takes the last interaction that counts, so no other rests on it.
  const revert = (n: number) => {
    const interaction = interactions[n - 1];
    switch (interaction.kind) {
      case 'segment':
        segments.delete(interaction.id);
        break;
      case 'stroke':
      case 'fill':
        strokes.delete(n);
        break;
      case 'erase':
        erased.delete(interaction.stroke);
        break;
      case 'delete':
        deleted.delete(interaction.segment);
        break;
      case 'classify':
        segments.get(interaction.segment)!.category = before.get(n)!;
        break;
      case 'merge':
        merged.delete(interaction.segment);
        break;
      case 'lock':
        locks.delete(interaction.segment);
        break;
      case 'unlock':
        locks.set(interaction.segment, unlocked.get(n)!);
    }
    undone.push(n);
  };
  const check = (interaction: Interaction, n: number) => {
    if (interaction.kind === 'segment' && (interaction.id === 0 || segments.has(interaction.id))) {
      throw new InvalidInputError(
        `interaction ${n} names segment ${interaction.id}; expected one that has no name yet`,
      );
    }
    const { kind } = interaction;
    const draws = kind === 'stroke' || kind === 'fill';
    if (draws && interaction.segment !== 0 && !hasSegment(interaction.segment)) {
      throw new InvalidInputError(
        `interaction ${n} draws segment ${interaction.segment}; expected 0 or one that was named`,
      );
    }
    if (interaction.kind === 'erase' && !hasStroke(interaction.stroke)) {
      throw new InvalidInputError(`interaction ${n} erases stroke ${interaction.stroke}; expected one that is there`);
    }
    for (const id of changedBy(interaction)) {
      // The background has no name, but may be locked.
      const isBackground = id === 0 && (kind === 'lock' || kind === 'unlock');
      if (!draws && !isBackground && !hasSegment(id)) {
        throw new InvalidInputError(`interaction ${n} ${verbs[kind]} segment ${id}; expected one that is there`);
      }
      if (kind === 'unlock' ? !locks.has(id) : locks.has(id) && kind !== 'classify') {
        const expected = kind === 'unlock' ? 'one that is locked' : 'one that is not locked';
        throw new InvalidInputError(`interaction ${n} ${verbs[kind]} segment ${id}; expected ${expected}`);
      }
    }
    if (kind === 'merge' && interaction.segment === interaction.into) {
      throw new InvalidInputError(`interaction ${n} merges segment ${interaction.into} into itself; expected another`);
    }
  };

  interactions.forEach((interaction, index) => {
    if (interaction.kind === 'undo') {
      const last = done.pop();
      if (last !== undefined) revert(last);
    } else if (interaction.kind === 'redo') {
      const last = undone.pop();
      if (last !== undefined) apply(last);
    } else {
      check(interaction, index + 1);
      apply(index + 1);
      undone.length = 0;
    }
  });
  return {
    segments: [...segments.values()].filter(({ id }) => hasSegment(id)),
    strokes: [...strokes.values()]
      .filter(({ n }) => hasStroke(n))
      .map((stroke) => (merged.has(stroke.segment) ? { ...stroke, segment: ownerOf(stroke.segment) } : stroke)),
    ...(locks.size > 0 && { locks: [...locks.values()] }),
    undo: done.length > 0,
    redo: undone.length > 0,
  };
}

/** Strokes of interactions that were replayed before: a page replays its log after each one. */
const known = new WeakMap<Interaction, Drawing['strokes'][number]>();

function strokeOf(interaction: Extract<Interaction, { kind: 'stroke' | 'fill' }>, n: number) {
  const before = known.get(interaction);
  if (before?.n === n) return before;
  const { kind, ...drawn } = interaction;
  const stroke =
    kind === 'fill'
      ? { ...(drawn as typeof drawn & { region: number[] }), points: [], radius: 0, exact: true, n }
      : { ...(drawn as Omit<Drawing['strokes'][number], 'n'>), n };
  known.set(interaction, stroke);
  return stroke;
}

const verbs: Record<Interaction['kind'], string> = {
  ...{ segment: 'names', stroke: 'draws', fill: 'draws', erase: 'erases', delete: 'deletes', classify: 'classifies' },
  ...{ merge: 'merges', lock: 'locks', unlock: 'unlocks', undo: 'undoes', redo: 'redoes' },
};

/** Ids of the segments, and perhaps the background, that an interaction changes; they have to be there. */
function changedBy(interaction: Interaction): number[] {
  switch (interaction.kind) {
    case 'stroke':
    case 'fill':
    case 'delete':
    case 'classify':
    case 'lock':
    case 'unlock':
      return [interaction.segment];
    case 'merge':
      return [interaction.segment, interaction.into];
    default:
      return [];
  }
}
