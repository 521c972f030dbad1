/** Names and attributes of segments, and attributes of the image, as interactions. */
import type { AttributeValue } from '@saltworks/contract/attributes';
import type { Labels } from '@saltworks/core/drawing/attributes';
import { useCallback, useMemo } from 'react';
import { attributesPanel } from './attributes.tsx';
import type { Session } from './session/session.ts';

export function useAttributes(session: Session, attempt: (work: () => void) => void) {
  const { categories, attributes } = session.state;
  const labels = useMemo((): Labels => ({ categories, attributes }), [categories, attributes]);
  const rename = useCallback(
    (segment: number, name: string | null) => attempt(() => session.do({ kind: 'rename', segment, name })),
    [session, attempt],
  );
  const set = useCallback(
    (segment: number, attribute: number, value: AttributeValue | null) =>
      attempt(() => session.do({ kind: 'value', segment, attribute, value })),
    [session, attempt],
  );
  /** The first field that has no value yet, else the first. */
  const open = useCallback(() => {
    const fields = [
      ...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>(`#${attributesPanel} :is(input, select)`),
    ];
    const [name, ...others] = fields;
    (others.find(({ value }) => value === '') ?? others[0] ?? name)?.focus();
  }, []);
  return { labels, rename, set, open };
}
