/** A stroke drawn over a picture that fits its frame. */
import { useRef, useState } from 'react';

export type Point = [x: number, y: number];

interface Props {
  /** Of the picture, pixels; also the brush's. */
  width: number;
  height: number;
  radius: number;
  drawn?: readonly Point[];
  draw(points: Point[]): void;
  /** A click. */
  pick(point: Point): void;
}

/** Most points of a stroke; a longer one is thinned. */
const most = 512;

export function DrawOn({ width, height, radius, drawn, draw, pick }: Props) {
  const over = useRef<SVGSVGElement>(null);
  const [line, setLine] = useState<Point[]>();
  const at = ({ clientX, clientY }: React.PointerEvent): Point => {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(over.current!.getScreenCTM()!.inverse());
    // Whole numbers are pixel centres.
    const within = (value: number, size: number) => Math.round(10 * Math.min(size - 1, Math.max(0, value - 0.5))) / 10;
    return [within(x, width), within(y, height)];
  };
  const apart = ([x, y]: Point, [u, v]: Point) => Math.hypot(x - u, y - v);
  const end = () => {
    if (!line) return;
    setLine(undefined);
    if (line.every((point) => apart(point, line[0]) <= radius / 2)) return pick(line[0]);
    const step = Math.ceil(line.length / most);
    draw(line.filter((_, i) => i % step === 0));
  };
  const shown = line ?? drawn;
  return (
    // The segments can be chosen by the keyboard, in the list below.
    <svg
      ref={over}
      className="over drawn"
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setLine([at(event)]);
      }}
      onPointerMove={(event) => {
        if (!line) return;
        const point = at(event);
        if (apart(point, line[line.length - 1]) > radius / 4) setLine([...line, point]);
      }}
      onPointerUp={end}
      onPointerCancel={() => setLine(undefined)}
    >
      {shown && (
        <polyline
          points={[...shown, shown[shown.length - 1]].map(([x, y]) => `${x + 0.5},${y + 0.5}`).join(' ')}
          strokeWidth={2 * radius}
        />
      )}
    </svg>
  );
}
