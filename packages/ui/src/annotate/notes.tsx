/** The notes of the image at work, over its picture. */
import { postAssignmentNotes } from '@saltworks/contract/api/notes';
import { useState } from 'react';
import { ask } from '../api.ts';
import { NoteForm, Thread } from '../notes/thread.tsx';
import type { Point } from './board/view.ts';
import type { Session, SessionState } from './session/session.ts';

/** Where the next note is pinned, and how the board takes part. */
export function useNotes(session: Session, { assignment }: Pick<SessionState, 'assignment'>) {
  const { thread } = assignment;
  const [opened, setOpened] = useState(false);
  const [pinning, setPinning] = useState(false);
  const [pin, setPin] = useState<Point>();
  const [shown, show] = useState<Point>();
  const send = async (text: string) => {
    const { x, y } = pin ?? {};
    const at = x === undefined || y === undefined ? undefined : { x, y };
    session.addNote(await ask(postAssignmentNotes, { params: { assignment: assignment.id }, body: { text, at } }));
    setPin(undefined);
  };
  return {
    /** The next click on the picture pins the note. */
    pinning,
    pinHere(at: Point) {
      setPin(at);
      setPinning(false);
    },
    forget: () => setPinning(false),
    opened,
    toggle: () => setOpened((now) => !now),
    count: thread.filter(({ text }) => text).length,
    /** The place that was asked for, to be ringed. */
    ring: shown,
    pins: [...thread.flatMap(({ at }) => at ?? []), ...(pin ? [pin] : [])],
    panel: { opened, thread, pin, pinning, setPinning, show, send },
  };
}

type Props = ReturnType<typeof useNotes>['panel'] & { sentBack: boolean };

/** Closed, it only says why the image was sent back. */
export function Notes({ thread, show, sentBack, opened, ...form }: Props) {
  if (opened) {
    return (
      <section className="notes" aria-label="Notes">
        <Thread thread={thread} show={show} />
        <NoteForm {...form} />
      </section>
    );
  }
  const why = thread.findLast(({ verdict }) => verdict !== null)?.text;
  return sentBack && <p className="note">Sent back{why ? `: ${why}` : '.'}</p>;
}
