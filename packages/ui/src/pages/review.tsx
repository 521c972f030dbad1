/** What was handed in: looked at, accepted, or sent back with a note pinned to a place. */

import type { Assignment, Campaign, OpenAssignment } from '@saltworks/core/contract/api';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Scene } from '../annotate/board.ts';
import { segmentColours } from '../annotate/colours.ts';
import { type Labels, readMask } from '../annotate/session.ts';
import { ShortcutSheet } from '../annotate/shortcut-sheet.tsx';
import { type Shortcut, useShortcuts } from '../annotate/shortcuts.ts';
import { useBoard } from '../annotate/use-board.ts';
import { api, bytes } from '../api.ts';
import { useLoaded } from '../load.ts';
import { Failed, Loading } from '../states.tsx';

export function ReviewPage({ campaign: id }: { campaign: string }) {
  const campaign = useLoaded<Campaign>(`/api/campaigns/${id}`);
  const queue = useLoaded<Assignment[]>(`/api/campaigns/${id}/assignments?state=submitted&limit=100`, 15_000);
  const [chosen, setChosen] = useState<string>();
  const failure = campaign.error ?? queue.error;
  if (failure) return <Failed error={failure} again={queue.again} />;
  if (!campaign.value || !queue.value) return <Loading what="what was handed in" />;
  const current = queue.value.find((assignment) => assignment.id === chosen) ?? queue.value[0];
  return (
    <div className="review">
      <nav aria-label="Handed in">
        <a href="/" className="brand">
          Saltworks
        </a>
        <h1>{campaign.value.name}</h1>
        <p className="hint">{queue.value.length} to review</p>
        <ul>
          {queue.value.map((assignment) => (
            <li key={assignment.id}>
              <button
                type="button"
                aria-pressed={assignment === current}
                onClick={() => setChosen(assignment.id)}
                title={assignment.image.name}
              >
                <img src={`/api/assignments/${assignment.id}/thumbnail`} alt="" loading="lazy" />
                <span>{assignment.image.name}</span>
              </button>
            </li>
          ))}
        </ul>
      </nav>
      {current ? (
        <Handed
          key={current.id}
          id={current.id}
          campaign={campaign.value}
          done={() => {
            setChosen(undefined);
            queue.again();
          }}
        />
      ) : (
        <main className="page">
          <h2>Nothing to review</h2>
          <p>What annotators hand in appears here.</p>
        </main>
      )}
    </div>
  );
}

function Handed({ id, campaign, done }: { id: string; campaign: Campaign; done(): void }) {
  const { value: assignment, error } = useLoaded<OpenAssignment>(`/api/assignments/${id}`);
  const [labels, setLabels] = useState<Labels>();
  const [failure, setFailure] = useState('');
  const [note, setNote] = useState('');
  const [pin, setPin] = useState<{ x: number; y: number }>();
  const [shown, setShown] = useState({ labels: true, strokes: true });
  const [sheet, setSheet] = useState(false);
  const text = useRef<HTMLTextAreaElement>(null);
  const [photograph] = useState(() => bytes(`/api/assignments/${id}/image`).then((file) => new Blob([file])));

  useEffect(() => {
    if (!assignment?.mask) return;
    readMask(`/api/assignments/${id}/masks/${assignment.mask}`).then(setLabels, ({ message }) => setFailure(message));
  }, [assignment?.mask, id]);

  const colours = useMemo(
    () => segmentColours(assignment?.drawing.segments ?? [], campaign.categories),
    [assignment, campaign],
  );
  const review = async (verdict: 'accept' | 'send_back') => {
    if (verdict === 'send_back' && !note.trim()) {
      setFailure('Say what is to be done better.');
      text.current?.focus();
      return;
    }
    try {
      await api('POST', `/api/assignments/${id}/review`, { verdict, note: note.trim() || undefined, at: pin });
      done();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  const scene: Scene = {
    drawing: assignment?.drawing ?? { segments: [], strokes: [], undo: false, redo: false },
    labels,
    colours,
    opacity: shown.labels ? 0.6 : 0,
    contours: true,
    strokes: shown.strokes,
    tool: 'ask',
    segment: 0,
    radius: 1,
    pin,
  };
  const { canvas, ink, board, ready } = useBoard(photograph, scene, {
    stroke() {},
    erase() {},
    ask(at) {
      setPin(at);
      text.current?.focus();
    },
    over() {},
  });
  const shortcuts: Shortcut[] = [
    { keys: ['a'], show: 'A', label: 'accept', run: () => void review('accept') },
    { keys: ['r'], show: 'R', label: 'send back: say why', run: () => text.current?.focus() },
    {
      keys: ['m'],
      show: 'M',
      label: 'labels on and off',
      run: () => setShown((now) => ({ ...now, labels: !now.labels })),
    },
    {
      keys: ['s'],
      show: 'S',
      label: 'strokes on and off',
      run: () => setShown((now) => ({ ...now, strokes: !now.strokes })),
    },
    { keys: ['f'], show: 'F', label: 'show the whole picture', run: () => board.current?.fit() },
    { keys: ['?', 'shift+?'], show: '?', label: 'this sheet', run: () => setSheet(true) },
  ];
  useShortcuts(shortcuts);
  if (error) return <Failed error={error} />;
  return (
    <main className="handed">
      <div className="stage" aria-busy={!ready}>
        <canvas ref={canvas} />
        <canvas ref={ink} role="img" aria-label={`Photograph ${assignment?.image.name ?? ''} with its labels`} />
        <p className="status" role="status">
          {failure || (assignment ? 'Click a place to pin your note to it.' : 'Loading…')}
        </p>
      </div>
      <form
        className="verdict"
        onSubmit={(event) => {
          event.preventDefault();
          void review('send_back');
        }}
      >
        <label>
          Note{pin && ' (pinned)'}
          <textarea
            ref={text}
            value={note}
            maxLength={2000}
            onChange={(event) => setNote(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
          />
        </label>
        <button type="button" className="main" onClick={() => void review('accept')}>
          Accept (A)
        </button>
        <button type="submit">Send back</button>
        <button
          type="button"
          onClick={() => setShown((now) => ({ ...now, labels: !now.labels }))}
          aria-pressed={shown.labels}
        >
          Labels
        </button>
      </form>
      {sheet && <ShortcutSheet shortcuts={shortcuts} close={() => setSheet(false)} />}
    </main>
  );
}
