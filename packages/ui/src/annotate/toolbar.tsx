/** The toolbar: tools and view settings. */
import type { Tool } from './board/scene.ts';

const tools: { name: string; tool: Tool; key: string; title: string }[] = [
  { name: 'Brush', tool: 'brush', key: 'B', title: 'Draw strokes' },
  { name: 'Exact', tool: 'exact', key: 'Shift B', title: 'Draw these very pixels' },
  { name: 'Rub out', tool: 'rub', key: 'A', title: 'Give these very pixels to the background' },
  {
    name: 'Polygon',
    tool: 'polygon',
    key: 'Q',
    title: 'Enclose these very pixels: click corners, or drag; Enter closes',
  },
  { name: 'Fill', tool: 'fill', key: 'T', title: 'Give the part that you click to the segment' },
  { name: 'Erase', tool: 'erase', key: 'E', title: 'Erase strokes' },
  { name: 'Move', tool: 'pan', key: 'H', title: 'Move the picture' },
  { name: 'Whose?', tool: 'ask', key: 'W', title: 'Ask which stroke made a place' },
  { name: 'Alike', tool: 'similar', key: 'hold K', title: 'See what looks like the place under the pointer' },
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
}: Props) {
  return (
    <div className="tools" role="toolbar" aria-label="Tools" inert={inert}>
      <div className="group">
        {tools.map(({ name, tool: own, key, title }) => (
          <button
            key={own}
            type="button"
            aria-pressed={tool === own}
            onClick={() => choose(own)}
            title={`${title} (${key})`}
          >
            {name}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={only}
          onClick={() => setOnly(!only)}
          title="Exact pixels teach no others: not one other pixel changes (O)"
        >
          Only here
        </button>
      </div>
      <div className="group">
        <button type="button" disabled={!undo} onClick={undo} title="Undo (Z)">
          Undo
        </button>
        <button type="button" disabled={!redo} onClick={redo} title="Redo (Y)">
          Redo
        </button>
        <button type="button" disabled={!hint} onClick={hint} title="Where the next stroke helps most (G)">
          Where next?
        </button>
      </div>
      <div className="group">
        <label>
          Brush
          <input
            type="range"
            min="0.5"
            max="60"
            step="0.5"
            value={radius}
            aria-valuetext={`${Math.round(2 * radius)} pixels wide`}
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
            aria-valuetext={`${Math.round(100 * opacity)} %`}
            onChange={(event) => setOpacity(Number(event.target.value))}
          />
        </label>
      </div>
    </div>
  );
}
