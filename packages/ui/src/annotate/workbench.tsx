/** An image at work: the board, its tools, its segments, and what becomes of what is drawn. */
import type { LabelCategory } from '@saltworks/core/contract/annotate';
import { useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { api } from '../api.ts';
import type { Scene, Tool } from './board.ts';
import { segmentColours } from './colours.ts';
import { Instructions, Skip } from './dialogs.tsx';
import { Palette } from './palette.tsx';
import { Saved } from './saved.tsx';
import type { Session } from './session.ts';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { type Shortcut, useShortcuts } from './shortcuts.ts';
import { endings, statusOf } from './status.ts';
import { Timer } from './timer.tsx';
import { useBoard } from './use-board.ts';

interface Props {
  session: Session;
  /** The image is handed in, skipped or lost: on to the next. */
  done(): void;
}

export function Workbench({ session, done }: Props) {
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  const { drawing, patch, pixel, margin, saving, none, ended, ms, confirmed } = state;
  const { assignment, campaign } = session;
  const { categories } = campaign;

  const [segment, setSegment] = useState(0);
  const [tool, setTool] = useState<Tool>('brush');
  const [radius, setRadius] = useState(() => Math.max(2, Math.round(assignment.image.width / 160)));
  const [opacity, setOpacity] = useState(0.6);
  const [shown, setShown] = useState({ strokes: true, pixels: true, contours: true, doubt: false });
  const [dialog, setDialog] = useState<'keys' | 'instructions' | 'skip' | undefined>(
    campaign.instructions && !sessionStorage.getItem(`read ${campaign.id}`) ? 'instructions' : undefined,
  );
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  const colours = useMemo(() => segmentColours(drawing.segments, categories), [drawing.segments, categories]);
  const labels = shown.pixels && pixel?.n === state.n ? pixel : (patch ?? pixel);
  const heat =
    shown.doubt && margin && patch ? { values: margin, width: patch.width, height: patch.height } : undefined;
  const note = assignment.reviews.at(-1);
  const scene: Scene = {
    drawing,
    labels,
    colours,
    heat,
    opacity,
    contours: shown.contours && labels === pixel,
    strokes: shown.strokes,
    tool,
    segment,
    radius,
    pin: assignment.state === 'sent_back' || assignment.state === 'leased' ? (note?.at ?? undefined) : undefined,
  };

  const attempt = (work: () => void) => {
    try {
      work();
      setMessage('');
    } catch (error) {
      setMessage((error as Error).message);
    }
  };
  const add = (category: LabelCategory) =>
    attempt(() => {
      setSegment(session.addSegment(category));
      setTool('brush');
    });
  const again = () => {
    const category = drawing.segments.find(({ id }) => id === segment)?.category;
    const found = categories.find(({ id }) => id === category);
    if (found) add(found);
    else search.current?.focus();
  };
  const ask = async ({ x, y }: { x: number; y: number }) => {
    const path = `/api/assignments/${assignment.id}/attribution?x=${Math.round(x)}&y=${Math.round(y)}`;
    try {
      const found = await api<{ segment: number; strokes: { n: number; share: number }[] }>('GET', path);
      const [first] = found.strokes;
      const name = nameOf(found.segment);
      setMessage(
        first ? `${name}: ${Math.round(100 * first.share)} % by stroke ${first.n}` : `${name}: by likeness alone`,
      );
    } catch (error) {
      setMessage((error as Error).message);
    }
  };
  const nameOf = (id: number) => {
    const category = drawing.segments.find((other) => other.id === id)?.category;
    return id === 0 ? 'Background' : `${categories.find((other) => other.id === category)?.name ?? 'segment'} ${id}`;
  };
  const finish = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
      done();
    } catch (error) {
      setMessage((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const submit = () => {
    if (!busy) void finish(() => session.submit());
  };

  const { canvas, ink, board, ready } = useBoard(session.image, scene, {
    stroke: (stroke) => attempt(() => session.do(stroke)),
    erase: (stroke) => attempt(() => session.do({ kind: 'erase', stroke })),
    ask: (at) => void ask(at),
    over: () => {},
  });

  const toggle = (name: keyof typeof shown) => setShown((now) => ({ ...now, [name]: !now[name] }));
  const shortcuts: Shortcut[] = [
    {
      keys: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      show: '0 – 9',
      label: 'choose a segment',
      run(key) {
        const ids = [0, ...drawing.segments.map(({ id }) => id)];
        const id = ids[Number(key)];
        if (id !== undefined) {
          setSegment(id);
          setTool('brush');
        }
      },
    },
    { keys: ['c'], show: 'C', label: 'new segment: search its class', run: () => search.current?.focus() },
    { keys: ['n'], show: 'N', label: 'new segment of the same class', run: again },
    { keys: ['b'], show: 'B', label: 'brush', run: () => setTool('brush') },
    { keys: ['e'], show: 'E', label: 'erase strokes', run: () => setTool('erase') },
    { keys: ['h'], show: 'H, or Space and drag', label: 'move the picture', run: () => setTool('pan') },
    { keys: ['w'], show: 'W', label: 'ask whose stroke made a place', run: () => setTool('ask') },
    { keys: ['['], show: '[', label: 'smaller brush', run: () => setRadius((now) => Math.max(0.5, now * 0.8)) },
    { keys: [']'], show: ']', label: 'larger brush', run: () => setRadius((now) => Math.min(200, now * 1.25)) },
    {
      keys: ['z', 'mod+z'],
      show: 'Z, Ctrl Z',
      label: 'undo',
      run: () => drawing.undo && attempt(() => session.do({ kind: 'undo' })),
    },
    {
      keys: ['y', 'mod+y', 'shift+z', 'mod+shift+z'],
      show: 'Y, Ctrl Shift Z',
      label: 'redo',
      run: () => drawing.redo && attempt(() => session.do({ kind: 'redo' })),
    },
    { keys: ['f'], show: 'F', label: 'show the whole picture', run: () => board.current?.fit() },
    { keys: ['+', '='], show: '+', label: 'larger', run: () => board.current?.zoomBy(1.25) },
    { keys: ['-'], show: '−', label: 'smaller', run: () => board.current?.zoomBy(0.8) },
    { keys: ['m'], show: 'M', label: 'labels on and off', run: () => setOpacity((now) => (now > 0 ? 0 : 0.6)) },
    { keys: ['s'], show: 'S', label: 'strokes on and off', run: () => toggle('strokes') },
    { keys: ['p'], show: 'P', label: 'labels of pixels, or of patches', run: () => toggle('pixels') },
    { keys: ['l'], show: 'L', label: 'contours on and off', run: () => toggle('contours') },
    { keys: ['u'], show: 'U', label: 'where it is unsure', run: () => toggle('doubt') },
    { keys: ['i'], show: 'I', label: 'instructions', run: () => setDialog('instructions') },
    { keys: ['enter'], show: 'Enter', label: 'hand in, and on to the next', run: submit },
    { keys: ['x'], show: 'X', label: 'skip, for a reason', run: () => setDialog('skip') },
    { keys: ['?', 'shift+?'], show: '?', label: 'this sheet', run: () => setDialog('keys') },
  ];
  useShortcuts(shortcuts);

  const close = () => {
    sessionStorage.setItem(`read ${campaign.id}`, 'yes');
    setDialog(undefined);
  };
  return (
    <div className="workbench">
      <header className="bar">
        <a href="/" className="brand">
          Saltworks
        </a>
        <span className="what">
          {campaign.name} · {assignment.image.name}
        </span>
        <Timer since={assignment.created} />
        <Saved saving={saving} retry={() => session.retry()} />
        <span className="space" />
        <button type="button" onClick={() => setDialog('instructions')}>
          Instructions
        </button>
        <button type="button" onClick={() => setDialog('keys')} aria-label="Keyboard shortcuts">
          ?
        </button>
        <button type="button" onClick={() => setDialog('skip')}>
          Skip
        </button>
        <button type="button" className="main" disabled={busy || !patch} onClick={submit}>
          {busy ? 'Handing in…' : 'Submit'}
        </button>
      </header>
      <div className="stage" aria-busy={!ready}>
        <canvas ref={canvas} />
        <canvas ref={ink} tabIndex={-1} aria-label={`Photograph ${assignment.image.name}, to draw on`} role="img" />
        <div className="tools" role="toolbar" aria-label="Tools">
          {tools.map(({ name, tool: own, key }) => (
            <button
              key={own}
              type="button"
              aria-pressed={tool === own}
              onClick={() => setTool(own)}
              title={`${name} (${key})`}
            >
              {name}
            </button>
          ))}
          <button type="button" disabled={!drawing.undo} onClick={() => attempt(() => session.do({ kind: 'undo' }))}>
            Undo
          </button>
          <button type="button" disabled={!drawing.redo} onClick={() => attempt(() => session.do({ kind: 'redo' }))}>
            Redo
          </button>
          <label>
            Brush
            <input
              type="range"
              min="0.5"
              max="60"
              step="0.5"
              value={radius}
              onChange={(event) => setRadius(Number(event.target.value))}
            />
          </label>
          <label>
            Labels
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              value={opacity}
              onChange={(event) => setOpacity(Number(event.target.value))}
            />
          </label>
        </div>
        <p className="status" role="status">
          {statusOf({ none, message, confirmed, ms, preview: state.preview, patch: !!patch })}
        </p>
        {note?.note && assignment.reviews.length > 0 && <p className="note">Sent back: {note.note}</p>}
        {ended && (
          <div className="ended" role="alert">
            <p>{endings[ended] ?? `This image is ${ended}.`}</p>
            <button type="button" className="main" onClick={done}>
              Next image
            </button>
          </div>
        )}
      </div>
      <Palette
        segments={drawing.segments}
        strokes={drawing.strokes}
        categories={categories}
        colours={colours}
        chosen={segment}
        choose={(id) => {
          setSegment(id);
          setTool('brush');
        }}
        add={add}
        search={search}
      />
      {dialog === 'keys' && <ShortcutSheet shortcuts={shortcuts} close={close} />}
      {dialog === 'instructions' && <Instructions text={campaign.instructions} close={close} />}
      {dialog === 'skip' && <Skip close={close} skip={(reason) => void finish(() => session.skip(reason))} />}
    </div>
  );
}

const tools: { name: string; tool: Tool; key: string }[] = [
  { name: 'Brush', tool: 'brush', key: 'B' },
  { name: 'Erase', tool: 'erase', key: 'E' },
  { name: 'Move', tool: 'pan', key: 'H' },
  { name: 'Whose?', tool: 'ask', key: 'W' },
];
