/** The bar over the picture: the image's name, the time, what is saved, and the ways to end the assignment. */

import type { GivenOrigin } from '@saltworks/contract/documents/scribbles';
import { Brand } from '../brand.tsx';
import { Correcting } from './correcting.tsx';
import { Saved } from './saved.tsx';
import type { Session, SessionState } from './session/session.ts';
import { Timer } from './timer.tsx';
import type { Busy } from './use-finish.ts';

interface Props {
  session: Session;
  state: Pick<SessionState, 'assignment' | 'saving'>;
  busy?: Busy;
  /** Whether there are labels to submit. */
  labelled: boolean;
  /** What the image began with, if nothing was done to it. */
  begun?: GivenOrigin;
  open(dialog: 'keys' | 'instructions' | 'skip'): void;
  submit(): void;
  notes: { opened: boolean; count: number; toggle(): void };
  say(text: string): void;
}

export function TopBar({
  session,
  state: { assignment, saving },
  busy,
  labelled,
  begun,
  open,
  submit,
  notes,
  say,
}: Props) {
  return (
    <header className="bar">
      <Brand />
      <span className="what">
        {session.campaign.name} · {assignment.image.name}
        {assignment.corrector && ` · you correct what ${assignment.author} drew`}
        {assignment.image.former && ' (a former version)'}
      </span>
      <Correcting {...assignment} />
      <Timer since={assignment.created} />
      <Saved
        saving={saving}
        retry={() => session.retry()}
        leaveOut={(one) => void session.leaveOut(one).catch((error: Error) => say(error.message))}
      />
      <span className="space" />
      <div className="group" inert={assignment.state !== 'leased'}>
        <button type="button" onClick={() => open('instructions')}>
          Instructions
        </button>
        <button
          type="button"
          aria-pressed={notes.opened}
          onClick={notes.toggle}
          title="To and from reviewers (Shift N)"
        >
          Notes{notes.count > 0 && ` ${notes.count}`}
        </button>
        <button type="button" onClick={() => open('keys')} aria-label="Keyboard shortcuts">
          ?
        </button>
        {!assignment.corrector && (
          <button type="button" onClick={() => open('skip')}>
            Skip
          </button>
        )}
        <button type="button" className="main" disabled={!!busy || !labelled} onClick={submit}>
          {busy === 'handing in' ? 'Handing in…' : begun ? 'Accept as it is' : 'Submit'}
        </button>
      </div>
    </header>
  );
}
