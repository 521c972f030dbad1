/** Keys of the annotate page: what they do is found here, in the sheet behind "?", and nowhere else. */
import { useEffect, useRef } from 'react';
import { isTyping } from './board.ts';

export interface Shortcut {
  /** As KeyboardEvent.key says, in lower case; `mod+` for Ctrl or Command, `shift+`. */
  keys: string[];
  /** What the sheet shows. */
  show: string;
  label: string;
  run(key: string): void;
}

export const keyOf = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string => {
  const name = key.toLowerCase();
  const shift = shiftKey && (name.length > 1 || /[a-z]/.test(name)) ? 'shift+' : '';
  return `${ctrlKey || metaKey ? 'mod+' : ''}${shift}${name}`;
};

/** Listens while the page is open; not while somebody types. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.altKey || document.querySelector('dialog[open]')) return;
      const key = keyOf(event);
      const found = latest.current.find(({ keys }) => keys.includes(key));
      if (!found) return;
      event.preventDefault();
      found.run(key);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
