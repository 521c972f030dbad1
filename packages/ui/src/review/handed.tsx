/** One submitted image: the reviewer looks, accepts, or sends it back with a note pinned to a place. */

import type { Campaign } from '@saltworks/contract/api/campaigns';
import { addressOf } from '@saltworks/contract/api/endpoint';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { postAssignmentNotes } from '@saltworks/contract/api/notes';
import {
  getAssignment,
  getAssignmentImage,
  getAssignmentMask,
  type OpenAssignment,
  postAssignmentReview,
} from '@saltworks/contract/api/open-assignments';
import { countedAs, countedSegments } from '@saltworks/core/drawing/classes';
import { segmentColours } from '@saltworks/core/screen/colours';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Scene } from '../annotate/board/scene.ts';
import { useBoard } from '../annotate/board/use-board.ts';
import type { Point } from '../annotate/board/view.ts';
import { idAt, type Labels, readMask } from '../annotate/labels.ts';
import { nameOf } from '../annotate/names.ts';
import { ShortcutSheet } from '../annotate/shortcut-sheet.tsx';
import { type Shortcut, useShortcuts } from '../annotate/shortcuts.ts';
import { ask, bytes } from '../api.ts';
import { Legend, legendOf } from '../legend.tsx';
import { useLoaded } from '../load.ts';
import { Thread } from '../notes/thread.tsx';
import { moment } from '../plots/figures.ts';
import { Failed } from '../states.tsx';

interface Props {
  id: string;
  campaign: Campaign;
  /** Moves to the next image of the queue, or the one before. */
  step(by: 1 | -1): void;
  /** Called after the review. */
  done(): void;
}

/** How much of a drawing the image began with. */
function beginningOf({ strokes, segments }: Drawing): string {
  const origin = strokes.find(({ origin }) => origin)?.origin;
  if (!origin) return '';
  const touched = strokes.some(({ origin }) => !origin) || segments.some(({ origin }) => !origin);
  const what = origin === 'imported' ? 'imported labels' : 'labels of a model';
  return `, from ${what}${touched ? ', drawn on' : ''}`;
}

export function Handed({ id, campaign, step, done }: Props) {
  const place = { params: { assignment: id } };
  const { value: assignment, error, again } = useLoaded(getAssignment, place, 15_000);
  const now = useMask(id, assignment?.mask);
  // The last note: the annotator has worked on it since.
  const sentBack = assignment?.reviews.findLast(({ verdict }) => verdict === 'send_back');
  const before = useMask(id, sentBack?.mask);
  const [failure, setFailure] = useState('');
  const [note, setNote] = useState('');
  const [pin, setPin] = useState<{ x: number; y: number }>();
  const [ring, setRing] = useState<Point>();
  const [shown, setShown] = useState({ labels: true, strokes: true, before: false });
  const [sheet, setSheet] = useState(false);
  const [over, setOver] = useState<Point>();
  const text = useRef<HTMLTextAreaElement>(null);
  const [photograph] = useState(() =>
    bytes(addressOf(getAssignmentImage, place), 20_000).then((file) => new Blob([file])),
  );

  const colours = useMemo(
    () => segmentColours(countedSegments(assignment?.drawing.segments ?? [], campaign.categories), campaign.categories),
    [assignment, campaign],
  );
  const segments = assignment?.drawing.segments ?? [];
  const classes = legendOf(segments, colours, (id) => countedAs(campaign.categories, id)?.name ?? 'unknown');
  const toggle = (what: keyof typeof shown) => setShown((now) => ({ ...now, [what]: !now[what] }));
  const review = async (verdict: 'accept' | 'send_back') => {
    if (verdict === 'send_back' && !note.trim()) {
      setFailure('Say what is to be done better.');
      text.current?.focus();
      return;
    }
    try {
      await ask(postAssignmentReview, { ...place, body: { verdict, note: note.trim() || undefined, at: pin } });
      done();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  const write = async () => {
    try {
      await ask(postAssignmentNotes, { ...place, body: { text: note.trim(), at: pin } });
      setNote('');
      setPin(undefined);
      setFailure('');
      again();
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  const open = assignment?.state === 'submitted' || assignment?.state === 'accepted';
  const labels = shown.before ? before : now;
  const under =
    over && labels && assignment ? nameOf(idAt(labels, assignment.image, over), segments, campaign.categories) : '';
  const scene: Scene = {
    drawing: assignment?.drawing ?? { segments: [], strokes: [], undo: false, redo: false },
    labels,
    colours,
    opacity: shown.labels ? 0.6 : 0,
    contours: true,
    strokes: shown.strokes && !shown.before,
    tool: 'ask',
    segment: 0,
    radius: 1,
    pins: [...(assignment?.thread.flatMap(({ at }) => at ?? []) ?? []), ...(pin ? [pin] : [])],
    ring,
  };
  const { canvas, ink, board, ready } = useBoard(photograph, scene, {
    stroke() {},
    erase() {},
    ask(at) {
      setPin(at);
      text.current?.focus();
    },
    over: setOver,
  });
  const shortcuts: Shortcut[] = [
    { keys: ['a'], show: 'A', label: 'accept', run: () => void review('accept') },
    { keys: ['r'], show: 'R', label: 'send back: say why', run: () => text.current?.focus() },
    { keys: ['v'], show: 'V', label: 'as it was sent back, and as it is now', run: () => before && toggle('before') },
    {
      keys: ['c'],
      show: 'C',
      label: 'compare annotators',
      run: () => assignment && location.assign(comparison(assignment)),
    },
    {
      keys: ['e'],
      show: 'E',
      label: 'correct it yourself',
      run: () => assignment && open && location.assign(correction(assignment)),
    },
    { keys: ['j', 'arrowdown'], show: 'J, ↓', label: 'the next one', run: () => step(1) },
    { keys: ['k', 'arrowup'], show: 'K, ↑', label: 'the one before', run: () => step(-1) },
    { keys: ['m'], show: 'M', label: 'labels on and off', run: () => toggle('labels') },
    { keys: ['s'], show: 'S', label: 'strokes on and off', run: () => toggle('strokes') },
    { keys: ['f'], show: 'F', label: 'show the whole picture', run: () => board.current?.fit() },
    { keys: ['?', 'shift+?'], show: '?', label: 'this sheet', run: () => setSheet(true) },
  ];
  useShortcuts(shortcuts);
  if (error) return <Failed error={error} />;
  return (
    <main className="handed">
      <header className="of">
        <h2>
          {assignment?.image.name ?? '…'}
          {assignment?.image.former && ' (a former version)'}
        </h2>
        {assignment && (
          <span className="hint">
            by <strong>{assignment.author}</strong>
            {assignment.submitted && `, handed in on ${moment(assignment.submitted)}`}
            {beginningOf(assignment.drawing)}
          </span>
        )}
        <Legend entries={classes} />
      </header>
      <div className="stage" aria-busy={!ready}>
        <canvas ref={canvas} />
        <canvas
          ref={ink}
          role="img"
          aria-label={`Photograph ${assignment?.image.name ?? ''} by ${assignment?.author ?? ''} with its labels`}
        />
        <p className="status" role="status">
          {failure || (under && `${under}. `)}
          {!failure && statusOf(assignment, shown.before)}
        </p>
      </div>
      {sentBack && (
        <p className="earlier">
          Sent back before: “{sentBack.note}”{' '}
          <button type="button" aria-pressed={shown.before} disabled={!before} onClick={() => toggle('before')}>
            Show as it was (V)
          </button>
        </p>
      )}
      {assignment && assignment.thread.length > 0 && (
        <details className="said">
          <summary>Notes ({assignment.thread.length})</summary>
          <Thread thread={assignment.thread} show={setRing} />
        </details>
      )}
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
        <button type="button" className="main" disabled={!open} onClick={() => void review('accept')}>
          Accept (A)
        </button>
        <button type="submit" disabled={!open}>
          Send back
        </button>
        <button type="button" disabled={!note.trim()} onClick={() => void write()} title="Leaves the image as it is">
          Write only
        </button>
        <button type="button" onClick={() => toggle('labels')} aria-pressed={shown.labels}>
          Labels
        </button>
        {assignment && open && (
          <a className="button" href={correction(assignment)} title="Draw in it, under your own name">
            Correct (E)
          </a>
        )}
        {assignment && (
          <a className="button" href={comparison(assignment)}>
            Compare
          </a>
        )}
        <button type="button" onClick={() => setSheet(true)} aria-label="Keys">
          ?
        </button>
      </form>
      {sheet && <ShortcutSheet shortcuts={shortcuts} close={() => setSheet(false)} />}
    </main>
  );
}

const correction = ({ campaign, id }: OpenAssignment) => `/campaigns/${campaign}/annotate?correct=${id}`;

const comparison = ({ campaign, task }: OpenAssignment) => `/campaigns/${campaign}/compare/${task}`;

function statusOf(assignment: OpenAssignment | undefined, before: boolean): string {
  if (!assignment) return 'Loading…';
  if (before) return 'As it was when it was sent back.';
  const { state, corrector } = assignment;
  if (state === 'leased') return corrector ? 'A reviewer corrects it.' : 'The annotator has it.';
  if (state === 'submitted') return 'Click a place to pin your note to it.';
  return state === 'accepted' ? 'Accepted.' : 'Sent back: the annotator has it.';
}

/** Loads the labels of an assignment's mask. */
function useMask(assignment: string, mask: string | null | undefined): Labels | undefined {
  const [labels, setLabels] = useState<Labels>();
  useEffect(() => {
    if (!mask) return;
    let closed = false;
    readMask(addressOf(getAssignmentMask, { params: { assignment, mask } })).then(
      (found) => !closed && setLabels(found),
      // The photograph and the strokes show without it.
      () => {},
    );
    return () => {
      closed = true;
    };
  }, [assignment, mask]);
  return labels;
}
