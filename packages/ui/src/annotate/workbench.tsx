/** An image at work: the board, its tools, its segments, and what becomes of what is drawn. */

import type { Interaction } from '@saltworks/contract/api/interactions';
import type { LabelCategory } from '@saltworks/contract/categories';
import { segmentColours } from '@saltworks/core/screen/colours';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Scene, Tool } from './board.ts';
import { choiceOf, neighbourOf } from './chosen.ts';
import { Instructions, Skip } from './dialogs.tsx';
import { nameOf } from './names.ts';
import { Palette } from './palette.tsx';
import { Saved } from './saved.tsx';
import type { Session } from './session.ts';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { StatusLine } from './status-line.tsx';
import { Timer } from './timer.tsx';
import { Toolbar } from './toolbar.tsx';
import { useBoard } from './use-board.ts';
import { useHints } from './use-hints.ts';
import { useKeys } from './use-keys.ts';
import { useSettings } from './use-settings.ts';
import { Veil } from './veil.tsx';

type Stroke = Extract<Interaction, { kind: 'stroke' }>;

interface Props {
  session: Session;
  /** The image is handed in, skipped or lost: on to the next, which takes a moment. */
  done(): Promise<void>;
}

/** Of a brush, image pixels. */
const within = (radius: number) => Math.min(200, Math.max(0.5, radius));

export function Workbench({ session, done }: Props) {
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  const { drawing, patch, pixel, margin, draft, saving, none, ms, confirmed, assignment } = state;
  const { campaign } = session;
  const { categories } = campaign;

  const [chosen, setChosen] = useState<number>();
  const { segments, unnamed, segment } = useMemo(
    () => choiceOf(drawing, categories, chosen, session.nextId),
    [drawing, categories, chosen, session],
  );
  const [classing, setClassing] = useState(false);
  const [tool, setTool] = useState<Tool>('brush');
  const [held, setHeld] = useState(false);
  const [settings, change] = useSettings();
  const [doubting, setDoubting] = useState(false);
  const { width, height } = assignment.image;
  // Of a long strip, what would be the width of a picture as high: a brush should not cover it.
  const scale = Math.min(width, 10 * height);
  const radius = settings.brush > 0 ? within(settings.brush * scale) : Math.max(2, Math.round(scale / 160));
  const setRadius = (pixels: number) => change({ brush: within(pixels) / scale });
  const [opened, setDialog] = useState<'keys' | 'instructions' | 'skip' | undefined>(
    campaign.instructions && !sessionStorage.getItem(`read ${campaign.id}`) ? 'instructions' : undefined,
  );
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState<'handing in' | 'going on'>();
  const search = useRef<HTMLInputElement>(null);
  const ours = assignment.state === 'leased';
  const dialog = ours ? opened : undefined;
  /** Neither keys nor pens do anything: a veil lies over the picture. */
  const still = !!busy || !ours;
  const alike = held || tool === 'similar';
  const hints = useHints(session, state, { alike, say: setMessage });

  const colours = useMemo(() => segmentColours(segments, categories), [segments, categories]);
  // Under the pen labels are those of nodes: pixels come when it rests.
  const labels = draft ?? (settings.pixels && pixel?.n === state.n ? pixel : (patch ?? pixel));
  const doubt = doubting && margin && patch;
  const review = assignment.reviews.at(-1);
  const sentBack = review?.verdict === 'send_back' ? review : undefined;
  const picked = tool === 'ask' ? hints.picked : undefined;
  const scene: Scene = {
    drawing,
    labels,
    colours,
    heat: hints.heat ?? (doubt ? { values: margin, width: patch.width, height: patch.height } : undefined),
    opacity: settings.opacity,
    contours: settings.contours && labels === pixel,
    strokes: settings.strokes,
    tool,
    segment,
    radius,
    pin: sentBack?.at ?? undefined,
    ring: hints.ring,
    picked,
    still,
  };

  const attempt = useCallback((work: () => void) => {
    try {
      work();
      setMessage('');
    } catch (error) {
      setMessage((error as Error).message);
    }
  }, []);
  const choose = useCallback((id: number) => {
    setChosen(id);
    setClassing(false);
    setTool('brush');
  }, []);
  const add = useCallback(
    (category: LabelCategory) => attempt(() => choose(session.addSegment(category))),
    [session, attempt, choose],
  );
  const again = () => {
    const category = segments.find(({ id }) => id === segment)?.category;
    const found = categories.find(({ id }) => id === category);
    if (found) add(found);
    else search.current?.focus();
  };
  const draw = (stroke: Stroke) => {
    setClassing(false);
    attempt(() => {
      // The first stroke names its segment.
      const there = session.state.drawing.segments.some(({ id }) => id === stroke.segment);
      if (unnamed && stroke.segment === segment && segment !== 0 && !there) choose(session.addSegment(categories[0]));
      session.do(stroke);
    });
  };
  const classify = useCallback(
    (category: LabelCategory) => {
      if (unnamed) return add(category);
      setClassing(false);
      if (segments.find(({ id }) => id === segment)?.category === category.id) return;
      attempt(() => session.do({ kind: 'classify', segment, category: category.id }));
    },
    [unnamed, segments, segment, session, attempt, add],
  );
  const askClass = useCallback(() => {
    if (segment === 0) return setMessage('The background has no class.');
    setClassing(true);
    search.current?.focus();
  }, [segment]);
  const remove = useCallback(() => {
    setClassing(false);
    if (segment === 0 || unnamed) return setMessage('Nothing to delete: the background and what is not drawn stay.');
    attempt(() => {
      session.do({ kind: 'delete', segment });
      setChosen(neighbourOf(segment, segments));
    });
    setMessage(`${nameOf(segment, segments, categories)} is deleted, with its strokes: Z brings it back.`);
  }, [segment, segments, unnamed, categories, session, attempt]);
  const finish = async (what: 'handing in' | 'going on', work?: () => Promise<void>) => {
    setBusy(what);
    try {
      await work?.();
      await done();
    } catch (error) {
      setDialog(undefined);
      setMessage((error as Error).message);
    } finally {
      setBusy(undefined);
    }
  };
  const labelled = !!patch || pixel?.n === state.n;
  const submit = () => {
    if (labelled) void finish('handing in', () => session.submit());
  };
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
  const hint = patch && state.preview === 'ready' ? hints.hint : undefined;

  const { canvas, ink, board, ready } = useBoard(session.image, scene, {
    stroke: draw,
    draft: (stroke) => session.draft(stroke),
    erase: (stroke) => attempt(() => session.do({ kind: 'erase', stroke })),
    ask: hints.ask,
    over: hints.over,
  });
  // What is under way ends, and is not taken up again afterwards.
  const over = still || dialog !== undefined;
  useEffect(() => {
    if (!over) return;
    setHeld(false);
    board.current?.cancel();
  }, [over, board]);
  const shortcuts = useKeys({
    off: still,
    segments,
    board,
    choose,
    setTool,
    resize: (factor) => setRadius(radius * factor),
    toggle(what) {
      if (what === 'labels') change({ opacity: settings.opacity > 0 ? 0 : 0.6 });
      else if (what === 'doubt') setDoubting(!doubting);
      else change({ [what]: !settings[what] });
    },
    alike: setHeld,
    search: () => search.current?.focus(),
    again,
    undo: act('undo'),
    redo: act('redo'),
    hint,
    remove() {
      if (tool !== 'ask') remove();
      else if (picked !== undefined) attempt(() => session.do({ kind: 'erase', stroke: picked }));
    },
    classify: askClass,
    submit,
    open: setDialog,
  });

  const close = () => {
    sessionStorage.setItem(`read ${campaign.id}`, 'yes');
    setDialog(undefined);
  };
  return (
    // What is handed in is drawn on no more.
    <div className="workbench" inert={!!busy}>
      <header className="bar">
        <a href="/" className="brand">
          Saltworks
        </a>
        <span className="what">
          {campaign.name} · {assignment.image.name}
          {assignment.image.former && ' (a former version)'}
        </span>
        <Timer since={assignment.created} />
        <Saved
          saving={saving}
          retry={() => session.retry()}
          leaveOut={(one) => void session.leaveOut(one).catch((error: Error) => setMessage(error.message))}
        />
        <span className="space" />
        <div className="group" inert={!ours}>
          <button type="button" onClick={() => setDialog('instructions')}>
            Instructions
          </button>
          <button type="button" onClick={() => setDialog('keys')} aria-label="Keyboard shortcuts">
            ?
          </button>
          <button type="button" onClick={() => setDialog('skip')}>
            Skip
          </button>
          <button type="button" className="main" disabled={!!busy || !labelled} onClick={submit}>
            {busy === 'handing in' ? 'Handing in…' : 'Submit'}
          </button>
        </div>
      </header>
      <Toolbar
        inert={!ours}
        tool={tool}
        choose={(chosen) => setTool(chosen === tool && chosen === 'similar' ? 'brush' : chosen)}
        undo={act('undo')}
        redo={act('redo')}
        hint={hint}
        radius={radius}
        setRadius={setRadius}
        opacity={settings.opacity}
        setOpacity={(opacity) => change({ opacity })}
      />
      <main className="stage" aria-busy={!ready}>
        <canvas ref={canvas} />
        <canvas ref={ink} tabIndex={-1} aria-label={`Photograph ${assignment.image.name}, to draw on`} role="img" />
        <StatusLine
          {...{ none, message, confirmed, ms }}
          preview={state.preview}
          patch={!!patch}
          empty={drawing.strokes.every(({ segment }) => segment === 0)}
        />
        {sentBack && <p className="note">Sent back{sentBack.note ? `: ${sentBack.note}` : '.'}</p>}
        {(busy === 'going on' || (!ours && !busy)) && (
          <Veil state={assignment.state} next={() => void finish('going on')} />
        )}
      </main>
      <Palette
        inert={!ours}
        segments={segments}
        strokes={drawing.strokes}
        categories={categories}
        colours={colours}
        chosen={segment}
        named={!unnamed}
        classing={classing}
        setClassing={setClassing}
        askClass={askClass}
        choose={choose}
        add={add}
        classify={classify}
        remove={remove}
        search={search}
      />
      {dialog === 'keys' && <ShortcutSheet shortcuts={shortcuts} close={close} />}
      {dialog === 'instructions' && <Instructions text={campaign.instructions} close={close} />}
      {dialog === 'skip' && (
        <Skip close={close} skip={(reason) => void finish('handing in', () => session.skip(reason))} />
      )}
    </div>
  );
}
