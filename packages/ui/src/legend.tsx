/** The legend: each category with a swatch for each of its segments. */
import { css, type Rgb } from '@saltworks/core/screen/colours';

/** A category of an image. */
export interface LegendEntry {
  name: string;
  /** The colours of its segments, in order. */
  colours: Rgb[];
}

/** @param segments of one image @param nameOf a category's name */
export function legendOf<Id>(
  segments: readonly { id: number; category: Id }[],
  colours: ReadonlyMap<number, Rgb>,
  nameOf: (category: Id) => string,
): LegendEntry[] {
  const classes = new Map<string, Rgb[]>();
  for (const { id, category } of [...segments].sort((a, b) => a.id - b.id)) {
    const colour = colours.get(id);
    if (!colour) continue;
    const name = nameOf(category);
    classes.set(name, [...(classes.get(name) ?? []), colour]);
  }
  return [...classes].map(([name, own]) => ({ name, colours: own }));
}

/** The first swatches of a category, and the count of the rest. */
const most = 8;

export const Legend = ({ entries }: { entries: readonly LegendEntry[] }) =>
  entries.length === 0 ? null : (
    <ul className="chips legend" aria-label="Classes">
      {entries.map(({ name, colours }) => (
        <li key={name}>
          {colours.slice(0, most).map((colour, nth) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the nth segment of a class
            <span key={nth} className="swatch" style={{ background: css(colour) }} />
          ))}
          {name}
          {colours.length > 1 && <small>× {colours.length}</small>}
        </li>
      ))}
    </ul>
  );
