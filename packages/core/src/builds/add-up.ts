/** Compared images added up, one at a time: the memory that it takes does not grow with them. */
import type { ComparedImage, Comparison } from '@saltworks/contract/documents/comparisons';

type Judged = NonNullable<Comparison['known']>;

/** @returns `add` for every image in turn; `total` of those that were added */
export function addUp({ before, after }: Pick<Comparison, 'before' | 'after'>): {
  add(image: ComparedImage): void;
  total(): Comparison;
} {
  const sums = { images: 0, changed: 0, kept: 0, added: 0, removed: 0, failed: 0 };
  const judged: Record<'known' | 'accepted', Judged> = { known: nothing(), accepted: nothing() };
  const histogram = new Array<number>(101).fill(0);
  const why = new Map<string, number>();
  const classes = new Map<string, Omit<Comparison['classes'][number], 'category'>>();
  const shown = alike();
  const offered = alike();

  const count = (image: ComparedImage) => {
    shown.add(image);
    if (image.changed > 0) sums.changed++;
    // Whole numbers: 0.07 × 100 is a little more than 7.
    histogram[Math.ceil((100 * changedPixels(image)) / image.pixels)]++;
    for (const { category, before, after, both } of image.classes) {
      const all = classes.get(category) ?? { before: 0, after: 0, both: 0, images: 0 };
      const { before: was, after: is, both: shared, images } = all;
      classes.set(category, { before: was + before, after: is + after, both: shared + both, images: images + 1 });
    }
  };

  return {
    add(image) {
      if (image.reason !== undefined) {
        sums.failed++;
        return;
      }
      for (const kind of ['known', 'accepted'] as const) if (image[kind]) judge(judged[kind], image[kind]);
      if (image.kept === undefined) for (const cause of image.why) why.set(cause, (why.get(cause) ?? 0) + 1);
      if (image.before === null) sums.added++;
      else if (image.after === null) sums.removed++;
      else {
        sums.images++;
        if (image.kept !== undefined) sums.kept++;
        if (image.kept === undefined) count(image);
        else if (image.before !== image.after) offered.add(image);
      }
    },
    total: () => ({
      version: 1,
      before,
      after,
      ...sums,
      share: shown.mean().share,
      iou: shown.mean().iou,
      histogram,
      why: Object.fromEntries([...why].sort(byName)),
      classes: [...classes].sort(byName).map(([category, sums]) => ({ category, ...sums })),
      known: meanOf(judged.known),
      accepted: meanOf(judged.accepted),
      offered: offered.mean().images === 0 ? null : offered.mean(),
    }),
  };
}

const changedPixels = ({ changed, pixels }: ComparedImage): number => Math.round(changed * pixels);

/** How far masks are alike: over all pixels together, and over images. */
function alike() {
  let [images, pixels, changed, iou] = [0, 0, 0, 0];
  return {
    add(image: ComparedImage) {
      images++;
      pixels += image.pixels;
      changed += changedPixels(image);
      iou += image.iou;
    },
    mean: () => ({ images, share: images === 0 ? 0 : changed / pixels, iou: images === 0 ? 1 : iou / images }),
  };
}

const nothing = (): Judged => ({ before: 0, after: 0, images: 0, worse: 0 });

function judge(sums: Judged, { before, after }: Pick<Judged, 'before' | 'after'>): void {
  sums.before += before;
  sums.after += after;
  sums.images++;
  if (after < before) sums.worse++;
}

const meanOf = ({ before, after, images, worse }: Judged): Judged | null =>
  images === 0 ? null : { before: before / images, after: after / images, images, worse };

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
