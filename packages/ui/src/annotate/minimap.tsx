/** The whole picture, small, while a part of it fills the screen; a press on it goes there. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Board } from './board/board.ts';
import type { Shown } from './board/use-board.ts';

/** The longer side, CSS pixels. */
const side = 132;

export function Minimap({ shown, board }: { shown: Shown; board: React.RefObject<Board | undefined> }) {
  useSyncExternalStore(shown.subscribe, shown.moves);
  const now = board.current;
  if (!now) return null;
  const { x, y, width, height } = now.seen;
  const whole = width > 0.999 && height > 0.999;
  if (whole) return null;
  const { image } = now;
  const scale = side / Math.max(image.width, image.height);
  const size = { width: Math.max(8, image.width * scale), height: Math.max(8, image.height * scale) };
  const go = (event: React.PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (at: number, from: number, room: number) => Math.min(1, Math.max(0, (at - from) / room));
    now.centre({
      x: share(event.clientX, box.left, box.width) * image.width,
      y: share(event.clientY, box.top, box.height) * image.height,
    });
  };
  const percent = (value: number) => `${100 * value}%`;
  return (
    // Keys move the picture, too.
    <div
      className="minimap"
      aria-hidden="true"
      style={size}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons > 0) go(event);
      }}
    >
      <Picture image={image} {...size} />
      <div
        className="minimap-part"
        style={{ left: percent(x), top: percent(y), width: percent(width), height: percent(height) }}
      />
    </div>
  );
}

/** Painted once. */
function Picture({ image, width, height }: { image: ImageBitmap; width: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext('2d')?.drawImage(image, 0, 0, width, height);
  }, [image, width, height]);
  return <canvas ref={canvas} width={Math.round(width)} height={Math.round(height)} />;
}
