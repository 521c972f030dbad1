/** The board of two canvases, made once the photograph has loaded. */
import { useEffect, useRef, useState } from 'react';
import { Board, type BoardEvents } from './board.ts';
import type { Scene } from './scene.ts';

export function useBoard(photograph: Promise<Blob | ImageBitmap>, scene: Scene, events: BoardEvents) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ink = useRef<HTMLCanvasElement>(null);
  const board = useRef<Board>(undefined);
  const [ready, setReady] = useState(false);
  const latest = useRef({ scene, events });
  latest.current = { scene, events };
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
          ask: (at) => latest.current.events.ask(at),
          over: (at) => latest.current.events.over(at),
        });
        board.current.show(latest.current.scene);
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
  return { canvas, ink, board, ready };
}
