/** Keys of the annotate page: what they do is found here, in the sheet behind "?", and nowhere else. */
import { useLayoutEffect, useRef } from 'react';
import { inDialog, isPressed, isTyping } from './keyboard.ts';

export interface Shortcut {
  /** As KeyboardEvent.key says, in lower case; `mod+` for Ctrl or Command, `shift+`. */
  keys: string[];
  /** What the sheet shows. */
  show: string;
  label: string;
  run(key: string): void;
  /** The key is let go, or the window left. */
  release?(): void;
}

export const keyOf = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string => {
  const name = key.toLowerCase();
  const shift = shiftKey && (name.length > 1 || /[a-z]/.test(name)) ? 'shift+' : '';
  return `${ctrlKey || metaKey ? 'mod+' : ''}${shift}${name}`;
};

/** Listens as soon as the page is seen and while it is open; not while somebody types. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  // In the same step that shows them: later ones come after a paint, and keys between are lost.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.altKey || inDialog()) return;
      const key = keyOf(event);
      // Held down it may have closed a dialog.
      if (key === 'enter' && (event.repeat || isPressed(event.target))) return;
      const found = latest.current.find(({ keys }) => keys.includes(key));
      if (!found) return;
      event.preventDefault();
      // A key that is held down repeats itself.
      if (!(found.release && event.repeat)) found.run(key);
    };
    const released = ({ key }: KeyboardEvent) =>
      latest.current.find(({ keys, release }) => release && keys.includes(key.toLowerCase()))?.release?.();
    const left = () => {
      for (const { release } of latest.current) release?.();
    };
    addEventListener('keydown', listen);
    addEventListener('keyup', released);
    addEventListener('blur', left);
    return () => {
      removeEventListener('keydown', listen);
      removeEventListener('keyup', released);
      removeEventListener('blur', left);
    };
  }, []);
}
