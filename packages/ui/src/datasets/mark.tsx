/** An outline over a photograph. */
import type { Marked } from './shown.ts';

export const Mark = ({ width, height, box: [left, top, right, bottom] }: Marked) => {
  const place = { x: left, y: top, width: right - left, height: bottom - top };
  return (
    <svg className="over" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <rect className="under" {...place} />
      <rect {...place} />
    </svg>
  );
};
