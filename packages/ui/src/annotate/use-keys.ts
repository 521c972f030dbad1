/** The keyboard shortcuts of the workbench. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Board } from './board/board.ts';
import type { Tool } from './board/scene.ts';
import { type Shortcut, useShortcuts } from './shortcuts.ts';
import type { Switch } from './toolbar.tsx';

interface Actions {
  /** Shortcuts are off. */
  off: boolean;
  segments: Drawing['segments'];
  board: React.RefObject<Board | undefined>;
  choose(segment: number): void;
  setTool(tool: Tool): void;
  resize(factor: number): void;
  toggle(what: Switch | 'only'): void;
  alike(on: boolean): void;
  search(): void;
  again(): void;
  undo?(): void;
  redo?(): void;
  hint?(): void;
  /** Marks the stroke that looks wrong; undefined where there is none. */
  suspect?(): void;
  /** Erases the highlighted stroke, or deletes the chosen segment. */
  remove(): void;
  /** Asks for another category of the chosen segment. */
  classify(): void;
  /** Takes the chosen segment for right as it was given; null: all that wait. */
  accept(segment?: null): void;
  /** Of the chosen segment: lock or unlock it, split it by its parts, hide or show it, ask for one to merge it into. */
  lock(): void;
  split(): void;
  hide(): void;
  merge(): void;
  /** Begins another like the chosen segment; moves that up (−1) or down (1) in the list. */
  duplicate(): void;
  move(by: -1 | 1): void;
  /** Shows the next place without a label. */
  unlabelled(): void;
  /** Shows the plain picture, or all again. */
  peek(on: boolean): void;
  /** Opens the panel of brightness and contrast. */
  look(): void;
  /** Shows the chosen segment large. */
  zoomTo(): void;
  /** Leads to the name and the attributes of the chosen segment. */
  attributes(): void;
  /** Begin segments of classes that have keys; while one waits for its key, it goes before all others. */
  classKeys: readonly Shortcut[];
  /** Gives up whatever is under way. */
  forget(): void;
  submit(): void;
  /** Opens or closes the notes. */
  notes(): void;
  open(dialog: 'keys' | 'instructions' | 'skip'): void;
}

/** Where the arrow keys move the picture, as shares of the screen. */
const ways: Record<string, [number, number]> = {
  arrowleft: [0.1, 0],
  arrowright: [-0.1, 0],
  arrowup: [0, 0.1],
  arrowdown: [0, -0.1],
};

/** @returns the shortcuts, for the sheet */
export function useKeys(actions: Actions): Shortcut[] {
  const { segments, board, choose, setTool, resize, toggle, open } = actions;
  const groups: Record<string, Shortcut[]> = {
    Tools: [
      { keys: ['b'], show: 'B', label: 'brush', run: () => setTool('brush') },
      { keys: ['['], show: '[', label: 'smaller brush', run: () => resize(0.8) },
      { keys: [']'], show: ']', label: 'larger brush', run: () => resize(1.25) },
      { keys: ['e'], show: 'E', label: 'erase strokes', run: () => setTool('erase') },
      { keys: ['shift+b'], show: 'Shift B', label: 'exact brush: these very pixels', run: () => setTool('exact') },
      { keys: ['a'], show: 'A', label: 'rub out: these very pixels are background', run: () => setTool('rub') },
      {
        keys: ['q'],
        show: 'Q',
        label: 'polygon: click corners or drag, Enter or the first corner closes, Delete takes a corner back',
        run: () => setTool('polygon'),
      },
      {
        keys: ['t'],
        show: 'T',
        label: 'fill: the part that you click becomes the segment',
        run: () => setTool('fill'),
      },
      {
        keys: ['shift+x'],
        show: 'Shift X',
        label: 'cut: a line across the segment splits it',
        run: () => setTool('cut'),
      },
      { keys: ['o'], show: 'O', label: 'only here: exact pixels change no others', run: () => toggle('only') },
      { keys: ['w'], show: 'W', label: 'which stroke made a place', run: () => setTool('ask') },
      {
        keys: ['k'],
        show: 'K, held',
        label: 'what looks like the place under the pointer',
        run: () => actions.alike(true),
        release: () => actions.alike(false),
      },
      {
        keys: ['h'],
        show: 'H, Space',
        label: 'move the picture; while Space is held, with any tool',
        run: () => setTool('pan'),
      },
    ],
    Segments: [
      {
        keys: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        show: '0 – 9',
        label: 'choose a segment',
        run(key) {
          const id = [0, ...segments.map(({ id }) => id)][Number(key)];
          if (id !== undefined) choose(id);
        },
      },
      { keys: ['c'], show: 'C', label: 'new segment: search its class', run: actions.search },
      ...actions.classKeys,
      { keys: ['n'], show: 'N', label: 'new segment of the same class', run: actions.again },
      {
        keys: ['shift+d'],
        show: 'Shift D',
        label: 'new segment of the same class and values',
        run: () => actions.duplicate(),
      },
      { keys: ['r'], show: 'R', label: 'another class for the segment', run: () => actions.classify() },
      {
        keys: ['shift+a'],
        show: 'Shift A',
        label: 'its name and attributes, and those of the image',
        run: actions.attributes,
      },
      {
        keys: ['shift+o'],
        show: 'Shift O',
        label: 'accept the segment as a model has it',
        run: () => actions.accept(),
      },
      {
        keys: ['shift+e'],
        show: 'Shift E',
        label: 'accept every segment that is left of a model',
        run: () => actions.accept(null),
      },
      { keys: ['v'], show: 'V', label: 'lock or unlock the segment', run: () => actions.lock() },
      { keys: ['shift+h'], show: 'Shift H', label: 'hide or show the segment', run: () => actions.hide() },
      { keys: ['shift+m'], show: 'Shift M', label: 'merge the segment into another', run: () => actions.merge() },
      { keys: ['shift+s'], show: 'Shift S', label: 'split the segment by its parts', run: () => actions.split() },
      {
        keys: ['shift+arrowup', 'shift+arrowdown'],
        show: 'Shift ↑ ↓',
        label: 'move the segment up or down in the list',
        run: (key) => actions.move(key.endsWith('up') ? -1 : 1),
      },
      {
        keys: ['delete', 'backspace'],
        show: 'Delete',
        label: 'delete the segment with its strokes; after W or D, erase the stroke that is marked',
        run: () => actions.remove(),
      },
      { keys: ['j'], show: 'J', label: 'the next place without a label', run: actions.unlabelled },
    ],
    Steps: [
      { keys: ['z', 'mod+z'], show: 'Z, Ctrl Z', label: 'undo', run: () => actions.undo?.() },
      {
        keys: ['y', 'mod+y', 'shift+z', 'mod+shift+z'],
        show: 'Y, Ctrl Shift Z',
        label: 'redo',
        run: () => actions.redo?.(),
      },
      {
        keys: ['escape'],
        show: 'Escape',
        label: 'give up what is under way: a stroke, a polygon, a question, a mark',
        run: actions.forget,
      },
      { keys: ['g'], show: 'G', label: 'where the next stroke helps most', run: () => actions.hint?.() },
      {
        keys: ['d'],
        show: 'D',
        label: 'the stroke that looks wrong, if there is one; Delete then erases it',
        run: () => actions.suspect?.(),
      },
    ],
    View: [
      { keys: ['m'], show: 'M', label: 'labels on and off', run: () => toggle('labels') },
      { keys: ['s'], show: 'S', label: 'strokes on and off', run: () => toggle('strokes') },
      { keys: ['l'], show: 'L', label: 'contours on and off', run: () => toggle('contours') },
      { keys: ['p'], show: 'P', label: 'labels of pixels, or of patches', run: () => toggle('patches') },
      { keys: ['shift+u'], show: 'Shift U', label: 'mark what has no label', run: () => toggle('unlabelled') },
      { keys: ['u'], show: 'U', label: 'where it is unsure', run: () => toggle('doubt') },
      {
        keys: ['.'],
        show: '., held',
        label: 'the plain picture',
        run: () => actions.peek(true),
        release: () => actions.peek(false),
      },
      { keys: ['shift+p'], show: 'Shift P', label: 'brightness and contrast', run: actions.look },
      { keys: ['shift+f'], show: 'Shift F', label: 'show the segment large', run: () => actions.zoomTo() },
      { keys: ['f'], show: 'F', label: 'show the whole picture', run: () => board.current?.fit() },
      { keys: ['+', '='], show: '+', label: 'larger', run: () => board.current?.zoomBy(1.25) },
      { keys: ['-'], show: '−', label: 'smaller', run: () => board.current?.zoomBy(0.8) },
      {
        keys: Object.keys(ways),
        show: 'Arrows',
        label: 'move the picture',
        run: (key) => board.current?.move(...ways[key]),
      },
    ],
    Image: [
      { keys: ['enter'], show: 'Enter', label: 'hand in, and on to the next', run: actions.submit },
      { keys: ['x'], show: 'X', label: 'skip, for a reason', run: () => open('skip') },
      { keys: ['i'], show: 'I', label: 'instructions', run: () => open('instructions') },
      { keys: ['shift+n'], show: 'Shift N', label: 'notes to and from reviewers', run: actions.notes },
      { keys: ['?', 'shift+?'], show: '?', label: 'this sheet', run: () => open('keys') },
    ],
  };
  const shortcuts = Object.entries(groups).flatMap(([group, own]) => own.map((one) => ({ ...one, group })));
  useShortcuts(actions.off ? [] : [...actions.classKeys, ...shortcuts]);
  return shortcuts;
}
