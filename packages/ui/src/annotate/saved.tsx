/** Whether the annotator's work is saved, and why not. */
import type { Pending, Saving } from './session/outbox.ts';

interface Props {
  saving: Saving;
  retry(): void;
  /** Drops an entry that the server refuses. */
  leaveOut(one: Pending): void;
}

export function Saved({ saving, retry, leaveOut }: Props) {
  const one = saving.state === 'refused' ? saving.one : undefined;
  // Saving succeeds with every stroke: do not announce it each time.
  const calm = saving.state === 'saved' || saving.state === 'saving';
  return (
    <span className={`saved ${saving.state.replace(' ', '-')}`} role="status" aria-live={calm ? 'off' : 'polite'}>
      {textOf(saving)}
      {!calm && (
        <button type="button" onClick={retry}>
          Try now
        </button>
      )}
      {one && (
        <button type="button" onClick={() => leaveOut(one)}>
          Leave it out
        </button>
      )}
    </span>
  );
}

function textOf(saving: Saving): React.ReactNode {
  switch (saving.state) {
    case 'saved':
      return 'Saved';
    case 'saving':
      return 'Saving…';
    case 'offline':
      return `Offline: ${saving.pending} kept in this browser`;
    case 'full':
      return `${saving.pending} kept in this browser until the server has room: ${saving.reason}`;
    case 'signed out':
      return (
        <>
          Signed out: {saving.pending} kept in this browser.{' '}
          <a href="/sign-in" target="_blank" rel="noreferrer">
            Sign in
          </a>
        </>
      );
    case 'refused':
      return `Not saved (${saving.pending}): ${saving.reason}`;
  }
}
