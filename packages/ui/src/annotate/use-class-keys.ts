/** Classes by their keys: a comma, then the key that the campaign gave the class. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { useState } from 'react';
import type { Shortcut } from './shortcuts.ts';

const any = [...'0123456789abcdefghijklmnopqrstuvwxyz'];

interface Given {
  offered: readonly LabelCategory[];
  /** Begins a segment of the class, or gives it to the chosen one. */
  pick(category: LabelCategory): void;
  say(text: string): void;
}

/** @returns shortcuts that go before all others: after a comma the next key is a class's */
export function useClassKeys({ offered, pick, say }: Given): Shortcut[] {
  const [waiting, setWaiting] = useState(false);
  const keyed = offered.filter(({ shortcut }) => shortcut !== undefined);
  if (keyed.length === 0) return [];
  const list = keyed.map(({ shortcut, name }) => `${shortcut} ${name}`).join(', ');
  return [
    {
      keys: waiting ? [',', 'escape', ...any] : [','],
      show: ', and a key',
      label: `a class by its key: ${list}`,
      run(key) {
        setWaiting(key === ',');
        if (key === ',') return say(`Which class? ${list}`);
        const found = keyed.find(({ shortcut }) => shortcut === key);
        if (found) return pick(found);
        say(key === 'escape' ? '' : `No class has the key ${key}: ${list}`);
      },
    },
  ];
}
