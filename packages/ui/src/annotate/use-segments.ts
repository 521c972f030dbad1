/** The segments of the image at work: which one the brush draws, and every way to add, classify and delete one. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import { type RefObject, useCallback, useMemo, useState } from 'react';
import { choiceOf, neighbourOf } from './chosen.ts';
import { nameOf } from './names.ts';
import type { Session } from './session/session.ts';

type Stroke = Extract<Interaction, { kind: 'stroke' }>;

interface Given {
  session: Session;
  drawing: Drawing;
  /** Classes that new segments may have. */
  offered: readonly LabelCategory[];
  /** The palette's search field, which names categories. */
  search: RefObject<HTMLInputElement | null>;
  /** Takes the brush up: whoever chooses a segment means to draw it. */
  takeBrush(): void;
  say(text: string): void;
}

/** @param takeBrush and `say` must stay the same from one render to the next, as state setters do */
export function useSegments({ session, drawing, offered, search, takeBrush, say }: Given) {
  const { categories } = session.state;
  const [chosen, setChosen] = useState<number>();
  const { segments, unnamed, segment } = useMemo(
    () => choiceOf(drawing, offered, chosen, session.nextId),
    [drawing, offered, chosen, session],
  );
  /** The palette asks for another category of the chosen segment. */
  const [classing, setClassing] = useState(false);

  /** The segment that the next chosen one takes in. */
  const [merging, setMerging] = useState<number>();

  /** Runs an action; what the session refuses is shown. */
  const attempt = useCallback(
    (work: () => void) => {
      try {
        work();
        say('');
      } catch (error) {
        say((error as Error).message);
      }
    },
    [say],
  );
  const choose = useCallback(
    (id: number) => {
      setClassing(false);
      setMerging(undefined);
      takeBrush();
      if (merging === undefined || merging === id) return setChosen(id);
      if (id === 0) return say('The background takes no segment: Delete deletes one.');
      attempt(() => {
        session.do({ kind: 'merge', segment: merging, into: id });
        setChosen(id);
      });
    },
    [takeBrush, merging, session, attempt, say],
  );
  const add = useCallback(
    (category: LabelCategory) => attempt(() => choose(session.addSegment(category))),
    [session, attempt, choose],
  );
  const again = () => {
    const category = segments.find(({ id }) => id === segment)?.category;
    const found = offered.find(({ id }) => id === category);
    if (found) add(found);
    else search.current?.focus();
  };
  /** Begins a segment of the same class with the same values. */
  const duplicate = useCallback(
    (id = segment) => {
      const category = segments.find((one) => one.id === id)?.category;
      const found = offered.find((one) => one.id === category);
      if (!found || unnamed) return say('Choose a segment first: the background has no class.');
      attempt(() => choose(session.addSegment(found, id)));
    },
    [segment, segments, unnamed, offered, session, attempt, choose, say],
  );
  /** Moves a segment up (−1) or down (1) in the list. */
  const move = useCallback(
    (by: -1 | 1, id = segment) => {
      const at = segments.findIndex((one) => one.id === id);
      if (at < 0 || unnamed) return say('Choose a segment first: the background stays on top.');
      const to = at + by;
      if (!segments[to])
        return say(`${nameOf(id, segments, categories)} is the ${by < 0 ? 'first' : 'last'} of the list.`);
      const before = (by < 0 ? segments[to] : segments[to + 1])?.id ?? null;
      attempt(() => session.do({ kind: 'move', segment: id, before }));
    },
    [segment, segments, unnamed, categories, session, attempt, say],
  );
  /** Draws; the first stroke names its segment. */
  const attemptDrawn = (drawn: number, work: () => void) => {
    setClassing(false);
    if (drawing.locks?.some((lock) => lock.segment === drawn)) {
      session.draft(undefined);
      return say(`${nameOf(drawn, segments, categories)} is locked: V unlocks it.`);
    }
    attempt(() => {
      const there = session.state.drawing.segments.some(({ id }) => id === drawn);
      if (unnamed && drawn === segment && segment !== 0 && !there) setChosen(session.addSegment(offered[0]));
      work();
    });
  };
  const draw = (stroke: Stroke) => attemptDrawn(stroke.segment, () => session.do(stroke));
  const erase = (stroke: number) => attempt(() => session.do({ kind: 'erase', stroke }));
  const classify = useCallback(
    (category: LabelCategory) => {
      if (unnamed) return add(category);
      setClassing(false);
      if (segments.find(({ id }) => id === segment)?.category === category.id) return;
      attempt(() => session.do({ kind: 'classify', segment, category: category.id }));
    },
    [unnamed, segments, segment, session, attempt, add],
  );
  /** Takes a segment that was given for right as it is, or all that wait. */
  const accept = useCallback(
    (id: number | null = segment) => {
      const given = segments.filter((one) => one.origin && !one.accepted && (id === null || one.id === id));
      if (given.length === 0)
        return say(id === null ? 'Nothing waits to be accepted.' : 'Only what the image began with is accepted.');
      attempt(() => session.do({ kind: 'accept', segment: id }));
      const what =
        id === null
          ? `${given.length === 1 ? '1 segment is' : `${given.length} segments are`}`
          : `${nameOf(id, segments, categories)} is`;
      say(`${what} accepted: Z takes it back.`);
    },
    [segment, segments, categories, session, attempt, say],
  );
  const askClass = useCallback(
    (id = segment) => {
      if (id === 0) return say('The background has no class.');
      setChosen(id);
      setClassing(true);
      search.current?.focus();
    },
    [segment, search, say],
  );
  const askMerge = useCallback(
    (id = segment) => {
      if (id === 0 || unnamed) return say('Choose a segment first: the background merges into none.');
      setMerging(id);
      say(`Which segment takes ${nameOf(id, segments, categories)} in? Click it in the list, or press its number.`);
    },
    [segment, segments, unnamed, categories, say],
  );
  const remove = useCallback(
    (id = segment) => {
      setClassing(false);
      if (id === 0 || unnamed) return say('Nothing to delete: the background and what is not drawn stay.');
      attempt(() => {
        session.do({ kind: 'delete', segment: id });
        if (id === segment) setChosen(neighbourOf(id, segments));
      });
      say(`${nameOf(id, segments, categories)} is deleted, with its strokes: Z brings it back.`);
    },
    [segment, segments, unnamed, categories, session, attempt, say],
  );
  /** Whatever was asked and waits for an answer is forgotten. */
  const forget = useCallback(() => {
    setClassing(false);
    setMerging(undefined);
    say('');
  }, [say]);
  /** @returns undo or redo; undefined where there is nothing to take back, or to do again */
  const act = (kind: 'undo' | 'redo') =>
    drawing[kind]
      ? () =>
          attempt(() => {
            session.do({ kind });
            const back = session.state.drawing.segments.find(
              ({ id }) => !drawing.segments.some((one) => one.id === id),
            );
            if (back) setChosen(back.id);
          })
      : undefined;

  return {
    segments,
    unnamed,
    segment,
    classing,
    setClassing,
    choose,
    add,
    again,
    duplicate,
    move,
    draw,
    attemptDrawn,
    attempt,
    askMerge,
    erase,
    classify,
    accept,
    askClass,
    remove,
    forget,
    undo: act('undo'),
    redo: act('redo'),
  };
}
