/** What belongs to a class, in words and pictures, beside its button while the pointer or the focus is on it. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { useEffect, useRef, useState } from 'react';
import { ClassPictures } from '../class-pictures.tsx';
import { placeBy } from '../popover.ts';

/** How long the pointer may take from the button to the card, milliseconds. */
const wayMs = 250;

interface About {
  category: LabelCategory;
  button: Element;
}

/** Which class the card is about, and what its button does for that. */
export function useClassCard() {
  const [about, setAbout] = useState<About>();
  const leaving = useRef<number>(undefined);
  const stay = () => clearTimeout(leaving.current);
  const close = () => {
    stay();
    setAbout(undefined);
  };
  const leave = () => {
    stay();
    leaving.current = window.setTimeout(close, wayMs);
  };
  useEffect(() => () => clearTimeout(leaving.current), []);
  const of = (category: LabelCategory) => {
    if (!category.pictures?.length) return {};
    const open = (button: Element) => {
      stay();
      setAbout({ category, button });
    };
    return {
      'aria-describedby': about?.category === category ? cardId : undefined,
      // A finger has no place to rest: it has the instructions.
      onPointerEnter: ({ pointerType, currentTarget }: React.PointerEvent) =>
        pointerType !== 'touch' && open(currentTarget),
      onPointerLeave: leave,
      onFocus: ({ currentTarget }: React.FocusEvent) => currentTarget.matches(':focus-visible') && open(currentTarget),
      onBlur: close,
      onKeyDown: (event: React.KeyboardEvent) => {
        if (event.key !== 'Escape' || !about) return;
        event.stopPropagation();
        close();
      },
    };
  };
  return { about, of, stay, leave, close };
}

const cardId = 'class-card';

interface Props {
  campaign: string;
  about: About;
  /** What its button does. */
  title: string;
  stay(): void;
  leave(): void;
}

export function ClassCard({ campaign, about: { category, button }, title, stay, leave }: Props) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    card.current?.showPopover();
    if (card.current) placeBy(button, card.current);
  }, [button]);
  return (
    <div
      ref={card}
      id={cardId}
      className="class-card"
      role="tooltip"
      popover="manual"
      onPointerEnter={stay}
      onPointerLeave={leave}
    >
      <b>{title}</b>
      {category.description && <p>{category.description}</p>}
      <ClassPictures campaign={campaign} category={category} />
    </div>
  );
}
