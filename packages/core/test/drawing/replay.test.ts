import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import { describe, expect, test } from 'vitest';
import { openReplay, replay } from '../../src/drawing/replay.ts';
import { random } from '../golden.ts';

const segment = (id: number, category = 1): Interaction => ({ kind: 'segment', id, category });
const stroke = (segment: number, x = 0): Interaction => ({ kind: 'stroke', segment, points: [[x, 1]], radius: 2 });
const erase = (stroke: number): Interaction => ({ kind: 'erase', stroke });
const remove = (segment: number): Interaction => ({ kind: 'delete', segment });
const classify = (segment: number, category: number): Interaction => ({ kind: 'classify', segment, category });
const fill = (segment: number): Interaction => ({ kind: 'fill', segment, region: [3, 4], spread: false });
const merge = (segment: number, into: number): Interaction => ({ kind: 'merge', segment, into });
const lock = (segment: number, start = 1): Interaction => ({ kind: 'lock', segment, region: [start, 2] });
const unlock = (segment: number): Interaction => ({ kind: 'unlock', segment });
const undo: Interaction = { kind: 'undo' };
const redo: Interaction = { kind: 'redo' };

const shown = (...interactions: Interaction[]) => {
  const { segments, strokes, undo, redo } = replay(interactions);
  return { segments: segments.map(({ id }) => id), strokes: strokes.map(({ n }) => n), undo, redo };
};

/** Undo and redo as two stacks, with the drawing computed anew at every step. */
function slowly(interactions: readonly Interaction[]) {
  let done: number[] = [];
  let undone: number[] = [];
  interactions.forEach(({ kind }, index) => {
    if (kind === 'undo') undone.push(...done.splice(-1));
    else if (kind === 'redo') done.push(...undone.splice(-1));
    else [done, undone] = [[...done, index + 1], []];
  });
  const what = done.map((n) => ({ n, interaction: interactions[n - 1] }));
  const erased = new Set(what.map(({ interaction }) => interaction.kind === 'erase' && interaction.stroke));
  const deleted = new Set(what.map(({ interaction }) => interaction.kind === 'delete' && interaction.segment));
  return {
    segments: what.flatMap(({ interaction }) =>
      interaction.kind === 'segment' && !deleted.has(interaction.id) ? [interaction.id] : [],
    ),
    strokes: what.flatMap(({ n, interaction }) =>
      interaction.kind === 'stroke' && !erased.has(n) && !deleted.has(interaction.segment) ? [n] : [],
    ),
    categories: what.reduce<Record<number, number>>((categories, { interaction }) => {
      if (interaction.kind === 'segment') categories[interaction.id] = interaction.category;
      if (interaction.kind === 'classify') categories[interaction.segment] = interaction.category;
      if (interaction.kind === 'delete') delete categories[interaction.segment];
      return categories;
    }, {}),
    undo: done.length > 0,
    redo: undone.length > 0,
  };
}

describe('replay', () => {
  test('of nothing is nothing', () => {
    expect(replay([])).toEqual({ segments: [], strokes: [], undo: false, redo: false });
    expect(shown(undo, redo, undo)).toEqual({ segments: [], strokes: [], undo: false, redo: false });
  });

  test('keeps segments and strokes in order', () => {
    expect(replay([segment(7, 3), stroke(7, 5), stroke(0, 6)])).toEqual({
      segments: [{ id: 7, category: 3 }],
      strokes: [
        { segment: 7, points: [[5, 1]], radius: 2, n: 2 },
        { segment: 0, points: [[6, 1]], radius: 2, n: 3 },
      ],
      undo: true,
      redo: false,
    });
  });

  test('undoes the last interaction, and redoes it', () => {
    const drawn = [segment(1), stroke(1), stroke(0)];
    expect(shown(...drawn, undo)).toMatchObject({ strokes: [2], redo: true });
    expect(shown(...drawn, undo, undo, undo)).toMatchObject({ segments: [], strokes: [], undo: false });
    expect(shown(...drawn, undo, undo, redo, redo)).toMatchObject({ strokes: [2, 3], redo: false });
    expect(shown(...drawn, undo, undo, redo)).toMatchObject({ segments: [1], strokes: [2] });
  });

  test('forgets undone interactions at the next interaction', () => {
    expect(shown(segment(1), stroke(1), undo, stroke(0), redo)).toMatchObject({ strokes: [4], redo: false });
    expect(shown(segment(1), undo, segment(1), stroke(1))).toMatchObject({ segments: [1], strokes: [4] });
  });

  test('undo puts an erased stroke back in its place', () => {
    const drawn = [stroke(0), stroke(0), stroke(0), erase(2)];
    expect(shown(...drawn)).toMatchObject({ strokes: [1, 3] });
    expect(shown(...drawn, undo)).toMatchObject({ strokes: [1, 2, 3] });
    expect(shown(...drawn, undo, redo)).toMatchObject({ strokes: [1, 3] });
    expect(shown(...drawn, undo, erase(2), undo, undo)).toMatchObject({ strokes: [1, 2] });
  });

  test('deleting a segment deletes its strokes; undo puts all back in place', () => {
    const drawn = [segment(1), segment(2), stroke(1), stroke(2), stroke(0), stroke(1), erase(3), remove(1)];
    expect(shown(...drawn)).toMatchObject({ segments: [2], strokes: [4, 5] });
    expect(shown(...drawn, undo)).toMatchObject({ segments: [1, 2], strokes: [4, 5, 6] });
    expect(shown(...drawn, undo, undo)).toMatchObject({ segments: [1, 2], strokes: [3, 4, 5, 6] });
    expect(shown(...drawn, undo, redo)).toMatchObject({ segments: [2], strokes: [4, 5], redo: false });
  });

  test('a segment has its last category', () => {
    const classes = (...more: Interaction[]) => replay([segment(1, 3), segment(2, 4), ...more]).segments;
    const both = [classify(1, 5), stroke(1), classify(1, 6)];
    expect(classes(...both)).toEqual([
      { id: 1, category: 6 },
      { id: 2, category: 4 },
    ]);
    expect(classes(...both, undo)[0].category).toBe(5);
    expect(classes(...both, undo, undo, undo)[0].category).toBe(3);
    expect(classes(...both, undo, undo, undo, redo, redo, redo)[0].category).toBe(6);
    expect(classes(classify(1, 5), remove(1), undo)[0].category).toBe(5);
  });

  test('keeps what strokes say of themselves', () => {
    const exact: Interaction = { kind: 'stroke', segment: 0, points: [[1, 1]], radius: 2, exact: true, spread: false };
    expect(replay([segment(1), exact, fill(1)]).strokes).toEqual([
      { n: 2, segment: 0, points: [[1, 1]], radius: 2, exact: true, spread: false },
      { n: 3, segment: 1, points: [], radius: 0, region: [3, 4], exact: true, spread: false },
    ]);
    expect(shown(segment(1), fill(1), undo)).toMatchObject({ strokes: [], redo: true });
    expect(shown(segment(1), fill(1), erase(2), undo)).toMatchObject({ strokes: [2] });
  });

  test('a merged segment gives its strokes away, and undo gives them back', () => {
    const owners = (...more: Interaction[]) => {
      const { segments, strokes } = replay([
        ...[segment(1, 5), segment(2), segment(3), stroke(1), stroke(2), stroke(3)],
        ...more,
      ]);
      return [segments.map(({ id }) => id), strokes.map(({ segment }) => segment)];
    };
    expect(owners(merge(2, 1))).toEqual([
      [1, 3],
      [1, 1, 3],
    ]);
    expect(owners(merge(2, 1), merge(1, 3), stroke(3))).toEqual([[3], [3, 3, 3, 3]]);
    expect(owners(merge(2, 1), merge(1, 3), undo)).toEqual(owners(merge(2, 1)));
    expect(owners(merge(2, 1), undo)).toEqual(owners());
    // What went with its segment comes back with it.
    expect(owners(merge(2, 1), remove(1))).toEqual([[3], [3]]);
    expect(owners(merge(2, 1), remove(1), undo, undo)).toEqual(owners());
    expect(owners(merge(2, 1), undo, redo)).toEqual(owners(merge(2, 1)));
  });

  test('locks are there until they are unlocked, in the order of locking', () => {
    const locks = (...more: Interaction[]) => replay([segment(1), stroke(1), ...more]).locks;
    expect(locks(lock(1), lock(0, 6))).toEqual([
      { segment: 1, region: [1, 2] },
      { segment: 0, region: [6, 2] },
    ]);
    expect(locks(lock(1), unlock(1))).toBeUndefined();
    expect(locks(lock(1, 9), unlock(1), undo)).toEqual([{ segment: 1, region: [9, 2] }]);
    expect(locks(lock(1), undo)).toBeUndefined();
    expect(locks(lock(1), undo, redo, classify(1, 4), erase(2))).toEqual([{ segment: 1, region: [1, 2] }]);
    expect(locks(lock(1), unlock(1), lock(1, 7))).toEqual([{ segment: 1, region: [7, 2] }]);
  });

  const locked = [segment(4), segment(5), lock(4)];
  test.each([
    ['a stroke of a locked segment', [...locked, stroke(4)], 'draws segment 4; expected one that is not locked'],
    ['a fill of a locked segment', [...locked, fill(4)], 'draws segment 4; expected one that is not locked'],
    ['a stroke of the locked background', [lock(0), stroke(0)], 'draws segment 0; expected one that is not locked'],
    ['deleting a locked segment', [...locked, remove(4)], 'deletes segment 4; expected one that is not locked'],
    ['merging a locked segment', [...locked, merge(4, 5)], 'merges segment 4; expected one that is not locked'],
    ['merging into a locked segment', [...locked, merge(5, 4)], 'merges segment 4; expected one that is not locked'],
    ['locking twice', [...locked, lock(4)], 'locks segment 4; expected one that is not locked'],
    ['unlocking what is not locked', [...locked, unlock(5)], 'unlocks segment 5; expected one that is locked'],
    ['locking what is not there', [lock(4)], 'locks segment 4; expected one that is there'],
    ['merging the background', [...locked, merge(0, 5)], 'merges segment 0; expected one that is there'],
    ['merging into itself', [segment(4), merge(4, 4)], 'merges segment 4 into itself; expected another'],
    ['drawing what was merged', [segment(4), segment(5), merge(4, 5), stroke(4)], 'draws segment 4; expected 0 or'],
    ['naming what was merged', [segment(4), segment(5), merge(4, 5), segment(4)], 'names segment 4; expected one'],
  ] as [string, Interaction[], string][])('refuses %s', (_, interactions, message) => {
    expect(() => replay(interactions)).toThrow(message);
  });

  test.each([
    [
      'a stroke of what was deleted',
      [segment(4), remove(4), stroke(4)],
      'interaction 3 draws segment 4; expected 0 or one that was named',
    ],
    [
      'a name that was given before',
      [segment(4), remove(4), segment(4)],
      'interaction 3 names segment 4; expected one that has no name yet',
    ],
    [
      'deleting twice',
      [segment(4), remove(4), remove(4)],
      'interaction 3 deletes segment 4; expected one that is there',
    ],
    ['deleting the background', [remove(0)], 'interaction 1 deletes segment 0; expected one that is there'],
    [
      'a class for what is not there',
      [classify(4, 1)],
      'interaction 1 classifies segment 4; expected one that is there',
    ],
    [
      'an erasure of what went with its segment',
      [segment(4), stroke(4), remove(4), erase(2)],
      'interaction 4 erases stroke 2; expected one that is there',
    ],
    [
      'a segment named twice',
      [segment(4), segment(4)],
      'interaction 2 names segment 4; expected one that has no name yet',
    ],
    ['the background named', [segment(0)], 'interaction 1 names segment 0; expected one that has no name yet'],
    ['a stroke of nothing', [stroke(4)], 'interaction 1 draws segment 4; expected 0 or one that was named'],
    [
      'a stroke of what was taken back',
      [segment(4), undo, stroke(4)],
      'interaction 3 draws segment 4; expected 0 or one that was named',
    ],
    ['no stroke erased', [segment(4), erase(1)], 'interaction 2 erases stroke 1; expected one that is there'],
    [
      'a stroke erased twice',
      [stroke(0), erase(1), erase(1)],
      'interaction 3 erases stroke 1; expected one that is there',
    ],
    ['a stroke erased that was taken back', [stroke(0), undo, erase(1)], 'interaction 3 erases stroke 1'],
    ['a stroke to come erased', [erase(2), stroke(0)], 'interaction 1 erases stroke 2'],
  ])('refuses %s', (_, interactions, message) => {
    expect(() => replay(interactions)).toThrow(message);
  });

  test('keeps what an image began with: no undo reaches it, and any deed corrects it', () => {
    const origin = 'imported';
    const begun: Interaction[] = [
      { kind: 'segment', id: 1, category: 2, origin },
      { kind: 'fill', segment: 1, region: [0, 4], origin },
      { kind: 'fill', segment: 0, region: [4, 4], origin },
    ];
    expect(replay(begun)).toEqual({
      segments: [{ id: 1, category: 2, origin }],
      strokes: [
        { n: 2, segment: 1, points: [], radius: 0, region: [0, 4], exact: true, origin },
        { n: 3, segment: 0, points: [], radius: 0, region: [4, 4], exact: true, origin },
      ],
      ...{ undo: false, redo: false },
    });
    expect(shown(...begun, undo)).toEqual({ segments: [1], strokes: [2, 3], undo: false, redo: false });
    expect(shown(...begun, stroke(1), undo, undo)).toMatchObject({ strokes: [2, 3], undo: false, redo: true });
    expect(shown(...begun, erase(2))).toMatchObject({ segments: [1], strokes: [3], undo: true });
    expect(shown(...begun, remove(1), undo)).toMatchObject({ segments: [1], strokes: [2, 3] });
    expect(replay([...begun, classify(1, 5)]).segments).toEqual([{ id: 1, category: 5 }]);
    expect(replay([...begun, classify(1, 5), undo]).segments).toEqual([{ id: 1, category: 2, origin }]);
  });

  test('notes that a given segment was accepted, alone or with all that are left, until that is taken back', () => {
    const origin = 'predicted';
    const begun: Interaction[] = [1, 2, 3].map((id) => ({ kind: 'segment', id, category: 2, origin }));
    const accept = (id: number | null): Interaction => ({ kind: 'accept', segment: id });
    const accepted = (...log: Interaction[]) =>
      replay([...begun, ...log]).segments.flatMap(({ id, accepted }) => (accepted ? [id] : []));
    expect(accepted(accept(2))).toEqual([2]);
    expect(accepted(accept(2), accept(null))).toEqual([1, 2, 3]);
    // One step takes back what one step did.
    expect(accepted(accept(2), accept(null), undo)).toEqual([2]);
    expect(accepted(accept(2), accept(null), undo, redo)).toEqual([1, 2, 3]);
    expect(accepted(remove(3), accept(null))).toEqual([1, 2]);
    // Its class is a person's from then on.
    expect(accepted(accept(2), classify(2, 5))).toEqual([]);
    expect(accepted(classify(2, 5), accept(null))).toEqual([1, 3]);
    const refusal = 'accepts segment 2; expected one that was given';
    expect(() => accepted(classify(2, 5), accept(2))).toThrow(`interaction 5 ${refusal}`);
    expect(() => accepted(accept(2), accept(2))).toThrow(`interaction 5 ${refusal}`);
    expect(() => accepted(accept(7))).toThrow('interaction 4 accepts segment 7; expected one that is there');
  });

  test('equals two stacks for any log', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 200; round++) {
      const log: Interaction[] = [];
      for (let i = 0; i < 60; i++) {
        const { segments, strokes } = replay(log);
        const named = [0, ...segments.map(({ id }) => id)];
        const choice = random(8);
        const used = log.map((one) => (one.kind === 'segment' ? one.id : 0));
        if (choice === 0) log.push(segment(Math.max(0, ...used) + 1));
        else if (choice === 6 && segments.length > 0) log.push(remove(segments[random(segments.length)].id));
        else if (choice === 7 && segments.length > 0) log.push(classify(segments[random(segments.length)].id, i));
        else if (choice === 1 && strokes.length > 0) log.push(erase(strokes[random(strokes.length)].n));
        else if (choice === 2) log.push(undo);
        else if (choice === 3) log.push(redo);
        else log.push(stroke(named[random(named.length)], i));
        const { categories, ...rest } = slowly(log);
        expect(shown(...log)).toEqual(rest);
        expect(Object.fromEntries(replay(log).segments.map(({ id, category }) => [id, category]))).toEqual(categories);
      }
    }
  });
});

test.each([1, 2, 3])(
  'a log that grows equals one replayed at once, and earlier drawings stay as they were: seed %i',
  (seed) => {
    const next = random(seed);
    const one = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)];
    const replayed = openReplay();
    const log: Interaction[] = [];
    const asked: { drawing: Drawing; text: string }[] = [];
    for (let i = 0; i < 400; i++) {
      const id = Math.floor(next() * 6);
      const n = 1 + Math.floor(next() * (log.length + 1));
      const deed = one<Interaction>([
        ...[
          segment(1 + id),
          stroke(id, i),
          stroke(id, i),
          fill(id),
          erase(n),
          remove(1 + id),
          classify(1 + id, i),
          undo,
          undo,
        ],
        ...[redo, lock(id), unlock(id), merge(1 + id, 1 + Math.floor(next() * 6))],
        { kind: 'rename', segment: 1 + id, name: next() < 0.3 ? null : `name ${i}` },
        { kind: 'value', segment: id, attribute: 1 + (i % 2), value: next() < 0.3 ? null : i },
      ]);
      const refused = (work: () => void) => {
        try {
          work();
        } catch (error) {
          return (error as Error).message;
        }
        return undefined;
      };
      const why = refused(() => replay([...log, deed]));
      expect(refused(() => replayed.add(deed))).toBe(why);
      if (why === undefined) log.push(deed);
      if (next() < 0.5) continue;
      const drawing = replayed.drawing();
      expect(drawing).toEqual(replay(log));
      asked.push({ drawing, text: JSON.stringify(drawing) });
    }
    for (const { drawing, text } of asked) expect(JSON.stringify(drawing)).toBe(text);
  },
);

test('what a stroke does not change is the same as before', () => {
  const replayed = openReplay();
  for (const deed of [segment(1), segment(2), stroke(1), lock(2)]) replayed.add(deed);
  const before = replayed.drawing();
  replayed.add(stroke(1, 5));
  const after = replayed.drawing();
  expect(after.segments).toBe(before.segments);
  expect(after.locks).toBe(before.locks);
  expect(after.strokes[0]).toBe(before.strokes[0]);
  replayed.add(undo);
  expect(replayed.drawing()).toMatchObject({ ...before, redo: true });
});

test('names and values are given, changed, taken away, undone and done again, under a lock too', () => {
  const rename = (name: string | null): Interaction => ({ kind: 'rename', segment: 7, name });
  const value = (segment: number, value: string | number | boolean | null): Interaction => ({
    ...{ kind: 'value', segment, attribute: 2, value },
  });
  const log = [
    segment(7),
    stroke(7),
    lock(7),
    rename('left'),
    value(7, 'red'),
    value(0, 3),
    rename('right'),
    value(7, null),
  ];
  const after = (...more: Interaction[]) => {
    const { segments, values } = replay([...log, ...more]);
    return { ...segments[0], image: values };
  };
  const whole = { id: 7, category: 1, name: 'right', image: { 2: 3 } };
  expect(after()).toEqual(whole);
  expect(after(undo)).toEqual({ ...whole, values: { 2: 'red' } });
  expect(after(undo, undo)).toEqual({ ...whole, name: 'left', values: { 2: 'red' } });
  expect(after(undo, undo, undo)).toEqual({ id: 7, category: 1, name: 'left', values: { 2: 'red' }, image: undefined });
  expect(after(undo, undo, undo, undo, undo)).toEqual({ id: 7, category: 1, image: undefined });
  expect(after(undo, undo, redo, redo)).toEqual(whole);
  expect(after(rename(null))).toEqual({ id: 7, category: 1, image: { 2: 3 } });
  expect(() => after(value(8, true))).toThrow('interaction 9 describes segment 8; expected one that is there');
  expect(() => after({ kind: 'rename', segment: 8, name: 'x' })).toThrow('interaction 9 names segment 8');
});

describe('a split', () => {
  const split = (segment: number, into: number): Interaction => ({ kind: 'split', segment, into, region: [3, 4] });
  const value = (segment: number, value: string): Interaction => ({ kind: 'value', segment, attribute: 1, value });

  test('gives pixels to a new segment of the same class and values, below the old one, in one step', () => {
    const before = [segment(1, 2), segment(5), value(1, 'wet'), { kind: 'rename', segment: 1, name: 'left' }] as const;
    const { segments, strokes } = replay([...before, stroke(1), split(1, 9)]);
    expect(segments).toEqual([
      { id: 1, category: 2, name: 'left', values: { 1: 'wet' } },
      { id: 9, category: 2, values: { 1: 'wet' } },
      { id: 5, category: 1 },
    ]);
    expect(strokes.at(-1)).toEqual({
      ...{ segment: 9, region: [3, 4], points: [], radius: 0, exact: true, spread: false, n: 6 },
    });
    expect(replay([...before, stroke(1), split(1, 9), undo])).toEqual({
      ...replay([...before, stroke(1)]),
      redo: true,
    });
    expect(replay([...before, stroke(1), split(1, 9), undo, redo])).toEqual(
      replay([...before, stroke(1), split(1, 9)]),
    );
    // A value of one is no value of the other from then on.
    expect(replay([...before, split(1, 9), value(9, 'dry')]).segments[0].values).toEqual({ 1: 'wet' });
  });

  test('is refused of the background, of what is locked or gone, and into an id that was given', () => {
    expect(() => replay([segment(1), split(0, 2)])).toThrow(
      'interaction 2 splits segment 0; expected one that is there',
    );
    expect(() => replay([segment(1), split(1, 1)])).toThrow(/names segment 1; expected one that has no name yet$/);
    expect(() => replay([segment(1), lock(1), split(1, 2)])).toThrow(
      /splits segment 1; expected one that is not locked$/,
    );
    expect(() => replay([segment(1), split(1, 2), remove(2), segment(2)])).toThrow(/names segment 2; expected/);
  });

  test('a segment that is like another takes its class as given, and its values', () => {
    const like: Interaction = { kind: 'segment', id: 2, category: 3, like: 1 };
    expect(replay([segment(1), value(1, 'wet'), like]).segments).toEqual([
      { id: 1, category: 1, values: { 1: 'wet' } },
      { id: 2, category: 3, values: { 1: 'wet' } },
    ]);
    expect(() => replay([like])).toThrow('interaction 1 refers to segment 1; expected one that is there');
  });
});

describe('the order of the list', () => {
  const move = (segment: number, before: number | null): Interaction => ({ kind: 'move', segment, before });
  const order = (...interactions: Interaction[]) => replay(interactions).segments.map(({ id }) => id);
  const three = [segment(1), segment(2), segment(3)];

  test('changes by moves, which undo takes back', () => {
    expect(order(...three, move(3, 1))).toEqual([3, 1, 2]);
    expect(order(...three, move(1, null))).toEqual([2, 3, 1]);
    expect(order(...three, move(1, 3))).toEqual([2, 1, 3]);
    expect(order(...three, move(3, 1), move(2, 3))).toEqual([2, 3, 1]);
    expect(order(...three, move(3, 1), move(2, 3), undo)).toEqual([3, 1, 2]);
    expect(order(...three, move(3, 1), move(2, 3), undo, undo)).toEqual([1, 2, 3]);
    expect(order(...three, move(3, 1), undo, redo, segment(4))).toEqual([3, 1, 2, 4]);
    expect(order(...three, move(3, 1), remove(1))).toEqual([3, 2]);
  });

  test('a lock holds no place; what is not there has none', () => {
    expect(order(...three, lock(2), move(2, 1))).toEqual([2, 1, 3]);
    expect(() => order(...three, move(1, 1))).toThrow('interaction 4 moves segment 1 before itself; expected another');
    expect(() => order(...three, move(0, 1))).toThrow('interaction 4 moves segment 0; expected one that is there');
    expect(() => order(...three, remove(2), move(1, 2))).toThrow('interaction 5 refers to segment 2; expected');
  });
});
