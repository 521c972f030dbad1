/** What annotator and reviewers wrote to one another about an image, and the form that adds to it. */
import type { Noted } from '@saltworks/contract/api/notes';
import { useState } from 'react';
import type { Point } from '../annotate/board/view.ts';
import { counted, moment } from '../plots/figures.ts';
import './thread.css';

const verdicts = { accept: 'accepted', send_back: 'sent back' } as const;

interface ThreadProps {
  thread: readonly Noted[];
  /** Absent where no picture is. */
  show?(place: Point): void;
}

export function Thread({ thread, show }: ThreadProps) {
  if (thread.length === 0) return <p className="hint">Nobody has written anything yet.</p>;
  return (
    <ol className="thread" aria-label="Notes">
      {thread.map(({ id, author, text, at, verdict, created }) => (
        <li key={id}>
          <p className="hint">
            <strong>{author}</strong> {verdict && verdicts[verdict]} <time dateTime={created}>{moment(created)}</time>
            {at && show && (
              <button type="button" className="quiet" onClick={() => show({ ...at })}>
                Show place
              </button>
            )}
          </p>
          {text && <p>{text}</p>}
        </li>
      ))}
    </ol>
  );
}

/** The last thing that somebody wrote; the whole thread, if there is more of it, behind a click. */
export function ThreadInBrief({ thread, of }: { thread: readonly Noted[]; of: string }) {
  const written = thread.filter(({ text }) => text);
  const last = written.at(-1);
  if (!last) return null;
  return (
    <>
      <p>
        <strong>{last.author}</strong>: {last.text}
      </p>
      {written.length > 1 && (
        <details className="more">
          <summary aria-label={`All ${counted(written.length, 'note')} on ${of}`}>
            all {counted(written.length, 'note')}
          </summary>
          <Thread thread={thread} />
        </details>
      )}
    </>
  );
}

interface FormProps {
  /** The place that the note will be pinned to. */
  pin?: Point;
  /** Whether the next click on the picture pins it. */
  pinning: boolean;
  setPinning(on: boolean): void;
  /** @throws Error with the reason for the person */
  send(text: string): Promise<void>;
}

export function NoteForm({ pin, pinning, setPinning, send }: FormProps) {
  const [text, setText] = useState('');
  const [failure, setFailure] = useState('');
  const submit = async () => {
    if (!text.trim()) return;
    try {
      await send(text.trim());
      setText('');
      setFailure('');
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <form
      className="note-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        Note{pin && ' (pinned)'}
        <textarea
          rows={2}
          value={text}
          maxLength={2000}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </label>
      <p role="status" className="failure">
        {failure || (pinning ? 'Click the place in the picture.' : '')}
      </p>
      <button type="button" aria-pressed={pinning} onClick={() => setPinning(!pinning)}>
        Pin to a place
      </button>
      <button type="submit" disabled={!text.trim()}>
        Write
      </button>
    </form>
  );
}
