/** Keyboard shortcuts: one list drives the keys and the sheet behind "?". */
import { useLayoutEffect, useRef } from 'react';
import { inDialog, isPressed, isSliding, isTyping } from './keyboard.ts';

export interface Shortcut {
  /** KeyboardEvent.key in lower case, after `mod+` (Ctrl or Command) or `shift+`. */
  keys: string[];
  /** The key's name on the sheet. */
  show: string;
  label: string;
  /** Its heading on the sheet. */
  group?: string;
  run(key: string): void;
  /** Called when the key goes up or the window loses the focus. */
  release?(): void;
}

export const keyOf = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string => {
  const name = key.toLowerCase();
  const shift = shiftKey && (name.length > 1 || /[a-z]/.test(name)) ? 'shift+' : '';
  return `${ctrlKey || metaKey ? 'mod+' : ''}${shift}${name}`;
};

/** Listens from the first paint while the page is open, except in text fields. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  // In the layout step: an effect would run after the paint, and keys pressed in between would be lost.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event.target) || isSliding(event) || event.altKey || inDialog()) return;
      const key = keyOf(event);
      // A held key may have closed a dialog.
      if (key === 'enter' && event.repeat) return;
      if ((key === 'enter' || key === ' ') && isPressed(event.target)) return;
      const found = latest.current.find(({ keys }) => keys.includes(key));
      if (!found) return;
      // Escape closes menus and panels, too, by the browser itself.
      if (key !== 'escape') event.preventDefault();
      // A held key repeats.
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
