/** An image at work: the board, its tools, its segments, and the interactions that the annotator makes with them. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import type { GivenOrigin } from '@saltworks/contract/documents/scribbles';
import { keysText } from '@saltworks/contract/keys-text';
import { countedSegments } from '@saltworks/core/drawing/classes';
import { segmentColours } from '@saltworks/core/screen/colours';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Advice } from './advice.tsx';
import { Attributes } from './attributes.tsx';
import { drawing as drawingTools, type Scene, type Tool } from './board/scene.ts';
import { useBoard } from './board/use-board.ts';
import type { Point } from './board/view.ts';
import { Instructions, Skip } from './dialogs.tsx';
import { filterOf, plain } from './look.ts';
import { Minimap } from './minimap.tsx';
import { nameOf } from './names.ts';
import { Notes, useNotes } from './notes.tsx';
import { Palette } from './palette.tsx';
import type { Session } from './session/session.ts';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { StatusLine } from './status-line.tsx';
import { type Switch, Toolbar } from './toolbar.tsx';
import { TopBar } from './top-bar.tsx';
import { examples, TourCard } from './tour-card.tsx';
import { useAttributes } from './use-attributes.ts';
import { useBrush } from './use-brush.ts';
import { useClassKeys } from './use-class-keys.ts';
import { useDrawn } from './use-drawn.ts';
import { useFinish } from './use-finish.ts';
import { useHints } from './use-hints.ts';
import { useKeys } from './use-keys.ts';
import { usePixels } from './use-pixels.ts';
import { useSegments } from './use-segments.ts';
import { useSettings } from './use-settings.ts';
import { useWhereElse } from './use-where-else.ts';
import { Veil } from './veil.tsx';
import { waitingOf } from './waiting.ts';
import { Zoom } from './zoom.tsx';

/** What an image began with, while nobody has changed it. */
const beginningOf = ({ strokes, locks, undo }: Drawing): GivenOrigin | undefined =>
  undo || locks || strokes.some(({ origin }) => !origin) ? undefined : strokes[0]?.origin;

interface Props {
  session: Session;
  /** Opens the next image, once this one is submitted, skipped or lost. */
  done(): Promise<void>;
}

export function Workbench({ session, done }: Props) {
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  const { drawing, patch, pixel, margin, draft, none, ms, confirmed, assignment, categories } = state;
  const { campaign } = session;
  const offered = useMemo(() => categories.filter(({ retired }) => !retired), [categories]);

  const [tool, setTool] = useState<Tool>('brush');
  const [message, setMessage] = useState('');
  const search = useRef<HTMLInputElement>(null);
  const takeBrush = useCallback(() => setTool((now) => (drawingTools.has(now) ? now : 'brush')), []);
  const { segments, unnamed, segment, undo, redo, remove, ...act } = useSegments({
    session,
    drawing,
    offered,
    search,
    takeBrush,
    say: setMessage,
  });
  const kept = useSettings();
  const [settings, change] = kept;
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [radius, setRadius] = useBrush(assignment.image, kept);
  const [held, setHeld] = useState(false);
  const [doubting, setDoubting] = useState(false);
  const [marking, setMarking] = useState(false);
  const [opened, setDialog] = useState<'keys' | 'instructions' | 'skip' | undefined>(
    campaign.instructions && !sessionStorage.getItem(`read ${campaign.id}`) ? 'instructions' : undefined,
  );
  const [busy, finish] = useFinish({
    done,
    failed(reason) {
      setDialog(undefined);
      setMessage(reason);
    },
  });
  const ours = assignment.state === 'leased';
  const dialog = ours ? opened : undefined;
  /** Neither keys nor pens do anything: a veil lies over the picture. */
  const still = !!busy || !ours;
  const alike = held || tool === 'similar';
  const hints = useHints(session, state, { alike, say: setMessage });
  const hint = patch && state.preview === 'ready' ? hints.hint : undefined;
  const picked = tool === 'ask' ? hints.picked : undefined;
  const showSuspect =
    hints.suspect &&
    (() => {
      setTool('ask');
      hints.suspect?.show();
    });

  const whole = pixel?.n === state.n && pixel.width === assignment.image.width ? pixel : undefined;
  const pixels = usePixels({
    ...{ session, drawing, pixel: whole, segment, only: settings.only, say: setMessage },
    ...{ attempt: act.attempt, attemptDrawn: act.attemptDrawn },
  });
  const whereElse = useWhereElse({ session, pixel: whole, say: setMessage });
  const [lost, setLost] = useState<Point>();
  const hide = useCallback(
    (one: number) => setHidden((now) => new Set(now.has(one) ? [...now].filter((id) => id !== one) : [...now, one])),
    [],
  );
  const showUnlabelled = useRef(() => {});
  showUnlabelled.current = () => setLost(pixels.unlabelled());
  const unlabelled = useCallback(() => showUnlabelled.current(), []);
  const [peeking, setPeeking] = useState(false);
  const [looking, setLooking] = useState(false);

  // A long list may render a moment after the ink.
  const drawn = useDeferredValue(useDrawn(drawing.strokes));
  const colours = useMemo(
    () => segmentColours(countedSegments(segments, categories), categories),
    [segments, categories],
  );
  // Under the pen the board shows labels of nodes; pixels come when the pen rests.
  const labels = draft ?? (settings.pixels && pixel?.n === state.n ? pixel : (patch ?? pixel));
  const doubt = doubting && margin && patch;
  const waiting = useMemo(() => waitingOf(drawing, pixels.areas), [drawing, pixels.areas]);
  const notes = useNotes(session, state);
  const sentBack = assignment.reviews.at(-1)?.verdict === 'send_back';
  const scene: Scene = {
    drawing,
    labels,
    colours,
    heat: hints.heat ?? (doubt ? { values: margin, width: patch.width, height: patch.height } : undefined),
    opacity: settings.opacity,
    contours: settings.contours && labels === pixel,
    unlabelled: marking,
    hidden: hidden.size > 0 ? hidden : undefined,
    waiting: waiting.size > 0 ? waiting : undefined,
    only: settings.only,
    stale: labels !== whole,
    strokes: settings.strokes,
    look: filterOf(settings.look),
    tool: notes.pinning ? 'ask' : tool,
    segment,
    radius,
    pins: notes.pins,
    ring: lost ?? notes.ring ?? hints.ring,
    picked,
    suspects: hints.suspects,
    still,
  };
  const { canvas, ink, board, ready, shown } = useBoard(session.image, peeking ? bare(scene) : scene, {
    stroke: act.draw,
    draft: (stroke) => session.draft(stroke),
    erase: act.erase,
    fill: pixels.fill,
    cut: pixels.cut,
    ask: notes.pinning ? notes.pinHere : hints.ask,
    over: hints.over,
  });

  const zoom = useRef((_segment: number) => {});
  zoom.current = (id) => {
    const box = pixels.boxOf(id);
    if (box) board.current?.frame(box);
  };
  const zoomTo = useCallback((id: number) => zoom.current(id), []);
  const { labels: wanted, rename, set, open } = useAttributes(session, act.attempt);
  const { segments: own, values } = drawing;
  const between = useMemo(() => {
    const called = nameOf(segment, own, wanted.categories);
    const drawn = { segments: own, values };
    return <Attributes inert={!ours} labels={wanted} drawing={drawn} chosen={segment} {...{ called, rename, set }} />;
  }, [ours, wanted, own, values, segment, rename, set]);

  const labelled = !!patch || pixel?.n === state.n;
  const begun = beginningOf(drawing);
  /** Nothing may be left unlabelled. */
  const complete = campaign.unlabelled === 'refuse';
  const left = (complete && pixels.areas?.get(0)) || 0;
  const submit = () => {
    if (board.current?.closePolygon()) return;
    if (!labelled) return;
    // Pixels that are not there yet are for the server to judge.
    const missing = complete && whole ? whole.ids.reduce((count, id) => count + (id === 0 ? 1 : 0), 0) : 0;
    if (missing === 0) return void finish('handing in', () => session.submit());
    setMarking(true);
    unlabelled();
    setMessage(
      `${countText(missing)} unlabelled: here every pixel belongs to a segment before you hand in. J shows the next.`,
    );
  };
  // A stroke or a key under way ends here, and is not resumed afterwards.
  const over = still || dialog !== undefined;
  useEffect(() => {
    if (!over) return;
    setHeld(false);
    setPeeking(false);
    board.current?.cancel();
  }, [over, board]);
  const toggle = (what: Switch | 'only') => {
    if (what === 'labels') change({ opacity: settings.opacity > 0 ? 0 : 0.6 });
    else if (what === 'doubt') setDoubting(!doubting);
    else if (what === 'unlabelled') {
      setMarking(!marking);
      if (settings.opacity === 0) change({ opacity: 0.6 });
    } else if (what === 'patches') change({ pixels: !settings.pixels });
    else change({ [what]: !settings[what] });
  };
  const classKeys = useClassKeys({ offered, pick: act.classing ? act.classify : act.add, say: setMessage });
  const shortcuts = useKeys({
    classKeys,
    attributes: open,
    off: still,
    segments,
    board,
    choose: act.choose,
    setTool,
    resize: (factor) => setRadius(radius * factor),
    toggle,
    alike: setHeld,
    peek: setPeeking,
    look: () => setLooking(true),
    zoomTo: () => zoomTo(segment),
    search: () => search.current?.focus(),
    again: act.again,
    duplicate: act.duplicate,
    move: act.move,
    undo: undo && (() => board.current?.stepBack() || undo()),
    redo,
    suspect: showSuspect,
    hint:
      hint &&
      (() => {
        setLost(undefined);
        hint();
      }),
    lock: pixels.lock,
    split: pixels.split,
    hide: () => hide(segment),
    merge: act.askMerge,
    unlabelled,
    remove() {
      if (board.current?.stepBack()) return;
      if (tool !== 'ask') remove();
      else if (picked !== undefined) act.erase(picked);
    },
    classify: act.askClass,
    accept: act.accept,
    forget() {
      act.forget();
      hints.forget();
      notes.forget();
      setLost(undefined);
      if (tool === 'ask' || tool === 'similar') setTool('brush');
    },
    submit,
    notes: notes.toggle,
    open: setDialog,
  });

  const close = () => {
    sessionStorage.setItem(`read ${campaign.id}`, 'yes');
    setDialog(undefined);
  };
  return (
    // Nobody draws on an image while it is being submitted.
    <div className="workbench" inert={!!busy}>
      <TopBar {...{ session, state, busy, labelled, begun, submit, notes }} open={setDialog} say={setMessage} />
      <Toolbar
        inert={!ours}
        tool={tool}
        only={settings.only}
        setOnly={(only) => change({ only })}
        choose={(chosen) => setTool(chosen === tool && chosen === 'similar' ? 'brush' : chosen)}
        undo={undo}
        redo={redo}
        hint={hint}
        radius={radius}
        setRadius={setRadius}
        opacity={settings.opacity}
        setOpacity={(opacity) => change({ opacity })}
        shown={{
          labels: settings.opacity > 0,
          strokes: settings.strokes,
          contours: settings.contours,
          patches: !settings.pixels,
          unlabelled: marking,
          doubt: doubting,
        }}
        toggle={toggle}
        peek={setPeeking}
        picture={{
          open: looking,
          setOpen: setLooking,
          look: settings.look,
          set: (look) => change({ look }),
          suited: () => board.current?.levels() ?? plain,
        }}
      />
      <main className="stage" aria-busy={!ready}>
        <canvas ref={canvas} />
        <canvas ref={ink} tabIndex={-1} aria-label={`Photograph ${assignment.image.name}, to draw on`} role="img" />
        <Minimap shown={shown} board={board} />
        {ours && (
          <Advice
            suspect={hints.suspect}
            show={showSuspect}
            erase={act.erase}
            expected={state.expected}
            accepted={assignment.accepted}
          />
        )}
        {ours && campaign.id === examples && <TourCard strokes={drawing.strokes} />}
        <Notes {...notes.panel} sentBack={sentBack} />
        {(busy === 'going on' || (!ours && !busy)) && (
          <Veil state={assignment.state} next={() => void finish('going on')} />
        )}
      </main>
      <footer className="foot">
        <StatusLine
          {...{ none, message, confirmed, ms }}
          preview={state.preview}
          patch={!!patch}
          empty={drawing.strokes.every(({ segment }) => segment === 0)}
          begun={begun}
        />
        {ours && left > 0 && (
          <button
            type="button"
            className="bare lacking"
            title="Show the next place without a label (J)"
            onClick={unlabelled}
          >
            {countText(left)} unlabelled
          </button>
        )}
        <Zoom
          shown={shown}
          zoomBy={(factor) => board.current?.zoomBy(factor)}
          actual={() => board.current?.zoomBy(1 / board.current.scale)}
          fit={() => board.current?.fit()}
        />
      </footer>
      <Palette
        campaign={campaign.id}
        inert={!ours}
        segments={segments}
        drawn={drawn}
        categories={categories}
        colours={colours}
        chosen={segment}
        named={!unnamed}
        classing={act.classing}
        setClassing={act.setClassing}
        askClass={act.askClass}
        choose={act.choose}
        add={act.add}
        classify={act.classify}
        remove={remove}
        areas={pixels.areas}
        size={assignment.image.width * assignment.image.height}
        locked={pixels.locked}
        hidden={hidden}
        lock={pixels.lock}
        hide={hide}
        askMerge={act.askMerge}
        accept={act.accept}
        split={pixels.split}
        duplicate={act.duplicate}
        move={act.move}
        zoomTo={zoomTo}
        whereElse={whereElse}
        unlabelled={unlabelled}
        search={search}
        between={between}
      />
      {dialog === 'keys' && (
        <ShortcutSheet
          shortcuts={shortcuts}
          note={`Labels come from keys of ${keysText(assignment.keys)}.`}
          close={close}
        />
      )}
      {dialog === 'instructions' && (
        <Instructions campaign={campaign.id} text={campaign.instructions} classes={offered} close={close} />
      )}
      {dialog === 'skip' && (
        <Skip close={close} skip={(reason) => void finish('handing in', () => session.skip(reason))} />
      )}
    </div>
  );
}

const countText = (pixels: number) => `${pixels.toLocaleString('en')} ${pixels === 1 ? 'pixel' : 'pixels'}`;

/** The plain picture. */
const bare = (scene: Scene): Scene => ({
  ...scene,
  ...{
    labels: undefined,
    heat: undefined,
    opacity: 0,
    strokes: false,
    picked: undefined,
    pins: [],
    suspects: [],
    ring: undefined,
  },
});
