/** The board of two canvases, made once the photograph has loaded. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { Board, type BoardEvents } from './board.ts';
import type { Scene } from './scene.ts';

/** How the picture is shown; told apart from the scene, because it changes with every turn of the wheel. */
export interface Shown {
  subscribe(listener: () => void): () => void;
  /** Screen pixels for each of the image's. */
  scale(): number;
  /** Changes with every move. */
  moves(): number;
}

export function useBoard(photograph: Promise<Blob | ImageBitmap>, scene: Scene, events: BoardEvents) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ink = useRef<HTMLCanvasElement>(null);
  const board = useRef<Board>(undefined);
  const [ready, setReady] = useState(false);
  const latest = useRef({ scene, events });
  latest.current = { scene, events };
  const listeners = useRef(new Set<() => void>());
  const moves = useRef(0);
  const shown = useMemo<Shown>(
    () => ({
      subscribe(listener) {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
      scale: () => board.current?.scale ?? 1,
      moves: () => moves.current,
    }),
    [],
  );
  useEffect(() => {
    let closed = false;
    photograph
      .then((found) => (found instanceof ImageBitmap ? found : createImageBitmap(found)))
      .then((image) => {
        if (closed || !canvas.current || !ink.current) return;
        board.current = new Board(canvas.current, ink.current, image, latest.current.scene, {
          draft: (stroke) => latest.current.events.draft?.(stroke),
          stroke: (stroke) => latest.current.events.stroke(stroke),
          erase: (n) => latest.current.events.erase(n),
          fill: (at) => latest.current.events.fill?.(at),
          cut: (line) => latest.current.events.cut?.(line),
          ask: (at) => latest.current.events.ask(at),
          over: (at) => latest.current.events.over(at),
          moved() {
            moves.current++;
            for (const listener of listeners.current) listener();
          },
        });
        board.current.show(latest.current.scene);
        moves.current++;
        for (const listener of listeners.current) listener();
        setReady(true);
      })
      .catch(() => {});
    return () => {
      closed = true;
      board.current?.close();
      board.current = undefined;
    };
  }, [photograph]);
  useEffect(() => board.current?.show(scene));
  return { canvas, ink, board, ready, shown };
}
