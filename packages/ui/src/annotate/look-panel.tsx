/** How the photograph is shown: brightness, contrast and the window of its levels. */
import { Contrast } from 'lucide-react';
import { useId, useLayoutEffect, useRef } from 'react';
import { placeBy } from '../popover.ts';
import { isPlain, type Look, leastWindow, plain } from './look.ts';
import { ToolButton } from './tool-button.tsx';

interface Props {
  open: boolean;
  setOpen(open: boolean): void;
  look: Look;
  set(look: Look): void;
  /** The window that suits this photograph. */
  suited(): Pick<Look, 'dark' | 'bright'>;
}

export function LookPanel({ open, setOpen, look, set, suited }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLSpanElement>(null);
  const title = useId();
  useLayoutEffect(() => {
    if (!open) return;
    panel.current!.showPopover();
    placeBy(place.current!, panel.current!);
  }, [open]);
  const change = (changes: Partial<Look>) => set({ ...look, ...changes });
  return (
    <span ref={place} className="look">
      <ToolButton
        name="Picture"
        icon={Contrast}
        keys="Shift P"
        title="Brightness, contrast, and the window of levels"
        pressed={!isPlain(look)}
        run={() => setOpen(true)}
      />
      {open && (
        <div
          ref={panel}
          className="look-panel"
          popover="auto"
          role="dialog"
          aria-labelledby={title}
          onToggle={({ newState }) => {
            if (newState === 'closed') setOpen(false);
          }}
        >
          <h2 id={title}>Picture</h2>
          <Factor name="Brightness" value={look.brightness} set={(brightness) => change({ brightness })} />
          <Factor name="Contrast" value={look.contrast} set={(contrast) => change({ contrast })} />
          <Level
            name="Darkest level"
            value={look.dark}
            set={(dark) => change({ dark: Math.min(dark, look.bright - leastWindow) })}
          />
          <Level
            name="Brightest level"
            value={look.bright}
            set={(bright) => change({ bright: Math.max(bright, look.dark + leastWindow) })}
          />
          <p className="actions">
            <button type="button" onClick={() => change(suited())}>
              Fit levels
            </button>
            <button type="button" disabled={isPlain(look)} onClick={() => set(plain)}>
              As it is
            </button>
          </p>
        </div>
      )}
    </span>
  );
}

interface SliderProps {
  name: string;
  value: number;
  set(value: number): void;
}

/** From a quarter to four times; the middle of the slider changes nothing. */
const Factor = ({ name, value, set }: SliderProps) => (
  <label>
    <span>{name}</span>
    <input
      type="range"
      min="-2"
      max="2"
      step="0.05"
      value={Math.log2(value)}
      aria-valuetext={percent(value)}
      onChange={(event) => set(2 ** Number(event.target.value))}
    />
    <output>{percent(value)}</output>
  </label>
);

/** Of the picture's 256 levels. */
const Level = ({ name, value, set }: SliderProps) => (
  <label>
    <span>{name}</span>
    <input
      type="range"
      min="0"
      max="255"
      value={Math.round(255 * value)}
      onChange={(event) => set(Number(event.target.value) / 255)}
    />
    <output>{Math.round(255 * value)}</output>
  </label>
);

const percent = (value: number) => `${Math.round(100 * value)} %`;
