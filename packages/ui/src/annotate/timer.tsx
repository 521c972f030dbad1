/** The time since the image was opened. */
import { useEffect, useState } from 'react';

export function Timer({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  return (
    <time className="timer" title="Since you opened this image" role="timer" aria-live="off">
      {minutes}:{String(seconds % 60).padStart(2, '0')}
    </time>
  );
}
