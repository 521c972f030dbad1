/** The toolbar: tools, actions and view switches, told apart. */
import {
  Brush,
  CircleQuestionMark,
  CloudFog,
  Eraser,
  Eye,
  EyeClosed,
  Grid3x3,
  Hand,
  Layers,
  Lightbulb,
  LineSquiggle,
  type LucideIcon,
  MapPin,
  PaintBucket,
  Pencil,
  PenOff,
  Pentagon,
  Redo2,
  ScanSearch,
  Scissors,
  SquareDashed,
  Squircle,
  Undo2,
} from 'lucide-react';
import { useState } from 'react';
import type { Tool } from './board/scene.ts';
import { positionOf, radiusAt, sliderSteps } from './brush-width.ts';
import { LookPanel } from './look-panel.tsx';
import { ToolButton } from './tool-button.tsx';

interface Choice<Of> {
  name: string;
  of: Of;
  icon: LucideIcon;
  keys: string;
  title: string;
}

const tools: Choice<Tool>[] = [
  { name: 'Brush', of: 'brush', icon: Brush, keys: 'B', title: 'Draw strokes' },
  { name: 'Exact', of: 'exact', icon: Pencil, keys: 'Shift B', title: 'Draw these very pixels' },
  { name: 'Rub out', of: 'rub', icon: Eraser, keys: 'A', title: 'Give these very pixels to the background' },
  {
    name: 'Polygon',
    of: 'polygon',
    icon: Pentagon,
    keys: 'Q',
    title: 'Enclose these very pixels: click corners, or drag; Enter closes',
  },
  { name: 'Fill', of: 'fill', icon: PaintBucket, keys: 'T', title: 'Give the part that you click to the segment' },
  { name: 'Cut', of: 'cut', icon: Scissors, keys: 'Shift X', title: 'Split the segment by a line across it' },
  { name: 'Erase', of: 'erase', icon: PenOff, keys: 'E', title: 'Erase whole strokes' },
  { name: 'Move', of: 'pan', icon: Hand, keys: 'H', title: 'Move the picture' },
  {
    name: 'Which stroke?',
    of: 'ask',
    icon: CircleQuestionMark,
    keys: 'W',
    title: 'Click a place: the stroke that gave it its label is marked',
  },
  {
    name: 'Similar',
    of: 'similar',
    icon: ScanSearch,
    keys: 'hold K',
    title: 'See all that looks like the place under the pointer',
  },
];

/** What the picture can show beside itself. */
export type Switch = 'labels' | 'strokes' | 'patches' | 'contours' | 'unlabelled' | 'doubt';

const switches: Choice<Switch>[] = [
  { name: 'Labels', of: 'labels', icon: Layers, keys: 'M', title: 'Show the labels' },
  { name: 'Strokes', of: 'strokes', icon: LineSquiggle, keys: 'S', title: 'Show the strokes' },
  { name: 'Contours', of: 'contours', icon: Squircle, keys: 'L', title: 'Show a line around each segment' },
  { name: 'Patches', of: 'patches', icon: Grid3x3, keys: 'P', title: 'Show labels of patches instead of pixels' },
  { name: 'Unlabelled', of: 'unlabelled', icon: SquareDashed, keys: 'Shift U', title: 'Mark what has no label' },
  { name: 'Doubt', of: 'doubt', icon: CloudFog, keys: 'U', title: 'Show where the labels are unsure' },
];

interface Props {
  /** Takes no input. */
  inert: boolean;
  tool: Tool;
  choose(tool: Tool): void;
  /** Exact strokes label their own pixels only. */
  only: boolean;
  setOnly(on: boolean): void;
  undo?(): void;
  redo?(): void;
  /** Shows where the next stroke helps most; undefined while nothing is labelled. */
  hint?(): void;
  radius: number;
  setRadius(radius: number): void;
  opacity: number;
  setOpacity(opacity: number): void;
  shown: Record<Switch, boolean>;
  toggle(what: Switch): void;
  /** Shows the plain picture while it is held. */
  peek(on: boolean): void;
  picture: React.ComponentProps<typeof LookPanel>;
}

export function Toolbar({
  inert,
  tool,
  choose,
  only,
  setOnly,
  undo,
  redo,
  hint,
  radius,
  setRadius,
  opacity,
  setOpacity,
  shown,
  toggle,
  peek,
  picture,
}: Props) {
  // On a phone the switches wait behind a button.
  const [open, setOpen] = useState(false);
  const pixels = Math.round(2 * radius);
  return (
    <div className="tools" role="toolbar" aria-label="Tools" inert={inert}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no flex box in every browser */}
      <div className="group" role="group" aria-label="Tool">
        {tools.map(({ of, ...choice }) => (
          <ToolButton key={of} {...choice} pressed={tool === of} run={() => choose(of)} />
        ))}
        <ToolButton
          name="Only here"
          icon={MapPin}
          keys="O"
          title="Exact pixels teach no others: not one other pixel changes"
          pressed={only}
          run={() => setOnly(!only)}
        />
        <label className="width">
          <span className="unseen">Brush</span>
          <input
            type="range"
            min="0"
            max={sliderSteps}
            value={positionOf(radius)}
            aria-valuetext={`${pixels} pixels wide`}
            title="Width of the brush ([ and ])"
            onChange={(event) => setRadius(radiusAt(Number(event.target.value)))}
          />
          <output>{pixels} px</output>
        </label>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div className="group" role="group" aria-label="Actions">
        <ToolButton name="Undo" icon={Undo2} keys="Z" title="Take the last step back" run={undo} />
        <ToolButton name="Redo" icon={Redo2} keys="Y" title="Do it again" run={redo} />
        <ToolButton name="Where next?" icon={Lightbulb} keys="G" title="Where the next stroke helps most" run={hint} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div className="group views" role="group" aria-label="View">
        <button type="button" className="tool more" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Eye aria-hidden="true" />
          <span>Show…</span>
        </button>
        <div className={open ? 'group switches open' : 'group switches'}>
          {switches.map(({ of, ...choice }) => (
            <ToolButton key={of} {...choice} pressed={shown[of]} run={() => toggle(of)} />
          ))}
          <ToolButton
            name="Peek"
            icon={EyeClosed}
            keys="hold ."
            title="The plain picture, while this is held"
            run={() => peek(true)}
            release={() => peek(false)}
          />
          <LookPanel {...picture} />
          <label>
            <span className="unseen">Strength of the labels</span>
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              value={opacity}
              aria-valuetext={`${Math.round(100 * opacity)} %`}
              title="Strength of the labels"
              onChange={(event) => setOpacity(Number(event.target.value))}
            />
          </label>
        </div>
      </div>
    </div>
  );
}
