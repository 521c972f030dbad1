/** From a log of interactions to its drawing. */
import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import { InvalidInputError } from '@saltworks/contract/errors';

/**
 * Replays a log from the beginning.
 *
 * @throws InvalidInputError for a segment that is named twice, and for an interaction with a segment or stroke that does not
 *   exist
 */
export function replay(interactions: readonly Interaction[]): Drawing {
  /** By id, and by number. Deleted segments and erased strokes keep their place, for an undo. */
  const segments = new Map<number, Drawing['segments'][number]>();
  const strokes = new Map<number, Drawing['strokes'][number]>();
  const deleted = new Set<number>();
  const erased = new Set<number>();
  /** By the number of a `classify`: the category before it. */
  const before = new Map<number, number>();
  /** Numbers of the interactions that count, and of those that were undone and may be redone. */
  const done: number[] = [];
  const undone: number[] = [];

  const hasSegment = (id: number) => segments.has(id) && !deleted.has(id);
  const hasStroke = (n: number) => {
    const stroke = strokes.get(n);
    return stroke !== undefined && !erased.has(n) && !deleted.has(stroke.segment);
  };
  const apply = (n: number) => {
    const interaction = interactions[n - 1];
    switch (interaction.kind) {
      case 'segment':
        segments.set(interaction.id, { id: interaction.id, category: interaction.category });
        break;
      case 'stroke': {
        const { segment, points, radius } = interaction;
        strokes.set(n, { segment, points, radius, n });
        break;
      }
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
      }
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
    }
    undone.push(n);
  };
  const check = (interaction: Interaction, n: number) => {
    if (interaction.kind === 'segment' && (interaction.id === 0 || segments.has(interaction.id))) {
      throw new InvalidInputError(
        `interaction ${n} names segment ${interaction.id}; expected one that has no name yet`,
      );
    }
    if (interaction.kind === 'stroke' && interaction.segment !== 0 && !hasSegment(interaction.segment)) {
      throw new InvalidInputError(
        `interaction ${n} draws segment ${interaction.segment}; expected 0 or one that was named`,
      );
    }
    if (interaction.kind === 'erase' && !hasStroke(interaction.stroke)) {
      throw new InvalidInputError(`interaction ${n} erases stroke ${interaction.stroke}; expected one that is there`);
    }
    if ((interaction.kind === 'delete' || interaction.kind === 'classify') && !hasSegment(interaction.segment)) {
      const what = interaction.kind === 'delete' ? 'deletes' : 'classifies';
      throw new InvalidInputError(
        `interaction ${n} ${what} segment ${interaction.segment}; expected one that is there`,
      );
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
    strokes: [...strokes.values()].filter(({ n }) => hasStroke(n)),
    undo: done.length > 0,
    redo: undone.length > 0,
  };
}
