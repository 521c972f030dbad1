/** The settings, stored in the browser. */
import { useEffect, useState } from 'react';
import { readSettings, type Settings } from './settings.ts';

const kept = 'saltworks drawing';

export function useSettings() {
  const [settings, set] = useState(() => readSettings(localStorage.getItem(kept)));
  useEffect(() => localStorage.setItem(kept, JSON.stringify(settings)), [settings]);
  const change = (changes: Partial<Settings>) => set((now) => ({ ...now, ...changes }));
  return [settings, change] as const;
}
