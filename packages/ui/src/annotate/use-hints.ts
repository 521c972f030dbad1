/** Hints for the annotator: what looks alike, where the next stroke helps most, which stroke made a place, which look wrong. */
import { getAssignmentAttribution } from '@saltworks/contract/api/open-assignments';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ask } from '../api.ts';
import type { Point } from './board/view.ts';
import { nameOf } from './names.ts';
import type { Session, SessionState } from './session/session.ts';

/**
 * @param alike show what looks like the place under the pointer
 * @param say shows a message
 */
export function useHints(
  session: Session,
  state: SessionState,
  { alike, say }: { alike: boolean; say(text: string): void },
) {
  const { drawing, n, hint, similar } = state;
  const there = (stroke: number | undefined) => drawing.strokes.some((one) => one.n === stroke);
  const suspects = state.suspects.filter(({ stroke }) => there(stroke));
  const [suspect] = suspects;
  const { image } = session.assignment;
  const { categories } = session.state;
  const name = (id: number) => nameOf(id, drawing.segments, categories);
  const [picked, setPicked] = useState<number>();
  const [dismissed, dismiss] = useState<SessionState['hint']>();
  const place = useRef<Point>(undefined);

  const over = (at: Point | undefined) => {
    place.current = at && { x: (at.x + 0.5) / image.width, y: (at.y + 0.5) / image.height };
    if (alike) session.similar(place.current);
  };
  useEffect(() => {
    session.similar(alike ? place.current : undefined);
  }, [session, alike]);

  // A hint holds for the drawing that it was computed from.
  const found = hint?.n === n && hint !== dismissed ? hint.place : undefined;
  const ring = useMemo(
    () => found && { x: found.x * image.width - 0.5, y: found.y * image.height - 0.5 },
    [found, image.width, image.height],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each hint
  useEffect(() => {
    if (!hint || hint.n !== n) return;
    say(found ? `Unsure between ${name(found.segment)} and ${name(found.other)}: draw here.` : 'Nothing is unsure.');
  }, [hint]);

  const askStroke = async ({ x, y }: Point) => {
    setPicked(undefined);
    const pixel = (at: number, size: number) => Math.min(size - 1, Math.max(0, Math.round(at)));
    const query = { x: pixel(x, image.width), y: pixel(y, image.height) };
    try {
      const { segment, strokes } = await ask(getAssignmentAttribution, {
        params: { assignment: session.assignment.id },
        query,
      });
      const [first] = strokes;
      setPicked(first?.n);
      const share = first && `${Math.round(100 * first.share)} % by the stroke that is marked; Delete erases it`;
      say(`${name(segment)}: ${share ?? 'by likeness alone'}`);
    } catch (error) {
      say((error as Error).message);
    }
  };

  const doubt = suspect && `A stroke of ${name(suspect.segment)} looks like ${name(suspect.other)}.`;
  const showSuspect = () => {
    setPicked(suspect.stroke);
    say(`${doubt} Delete erases it.`);
  };

  return {
    over,
    ask: (at: Point) => void askStroke(at),
    /** Where the next stroke helps most. */
    hint: () => session.hint(),
    ring,
    /** Takes the ring and the mark away. */
    forget() {
      setPicked(undefined);
      dismiss(hint);
    },
    /** The stroke found by `ask` or shown as suspect, while the drawing has it. */
    picked: there(picked) ? picked : undefined,
    /** Numbers of strokes that the others contradict. */
    suspects: suspects.map(({ stroke }) => stroke),
    /** The worst of them in words; marks it. Undefined where there is none. */
    suspect: suspect && { text: doubt, stroke: suspect.stroke, show: showSuspect },
    heat: alike && similar ? { ...similar, alike } : undefined,
  };
}
