/** A photograph under its mask. */
import { useEffect, useRef, useState } from 'react';
import { type MaskSource, maskPicture } from './picture.ts';

interface Props {
  image: string;
  /** Shown if that fails to load. */
  instead?: string;
  /** The mask's source, if it has one. */
  mask: MaskSource | undefined;
  masked: boolean;
  /** Pixels of the mask's longer side. */
  side: number;
  name: string;
  /** Lies over all of it. */
  children?: React.ReactNode;
}

/** Delays loading, so that images scrolled past are never fetched. */
const restMs = 150;

export function Photograph({ image, instead, mask, masked, side, name, children }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState<string>();
  const latest = useRef(mask);
  latest.current = mask;
  // Address and colours identify the mask; an image's own do not change.
  const wanted = mask && JSON.stringify([mask.path, ...mask.colours]);
  const [missing, setMissing] = useState(0);
  const [source, setSource] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setSource(image), side > 600 ? 0 : restMs);
    return () => clearTimeout(timer);
  }, [image, side]);
  useEffect(() => {
    if (!wanted || !masked || !latest.current) return;
    const source = latest.current;
    const ended = new AbortController();
    const timer = setTimeout(
      () =>
        maskPicture(source, side, ended.signal).then(
          (picture) => {
            const context = canvas.current?.getContext('2d');
            if (ended.signal.aborted || !context) return;
            context.canvas.width = picture.width;
            context.canvas.height = picture.height;
            context.drawImage(picture, 0, 0);
            setShown(wanted);
          },
          () => {},
        ),
      restMs,
    );
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [wanted, masked, side]);
  const shownImage = [source ?? image, instead][missing];
  return (
    <span className="photograph">
      {source && shownImage && (
        <img src={shownImage} alt={side > 600 ? name : ''} onError={() => setMissing((now) => now + 1)} />
      )}
      {!shownImage && <span className="missing">No picture yet</span>}
      <canvas ref={canvas} hidden={!masked || !wanted || shown !== wanted} />
      {children}
    </span>
  );
}
