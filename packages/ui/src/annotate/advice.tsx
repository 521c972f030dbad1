/** What the page advises once the pen rests. */

interface Props {
  /** The stroke that looks wrong, in words. */
  suspect?: { text: string; stroke: number };
  show?(): void;
  erase(stroke: number): void;
}

export function Advice({ suspect, show, erase }: Props) {
  return (
    <section className="advice" aria-label="Advice">
      <p role="status">{suspect?.text}</p>
      {suspect && (
        <>
          <button type="button" onClick={show} title="Mark the stroke (D)">
            Show
          </button>
          <button type="button" onClick={() => erase(suspect.stroke)} title="Erase the stroke (D, then Delete)">
            Erase
          </button>
        </>
      )}
    </section>
  );
}
