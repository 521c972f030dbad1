/** Radii of the brush, and the slider that sets them. */

/** Image pixels. */
const [least, most] = [0.5, 200];
export const within = (radius: number) => Math.min(most, Math.max(least, radius));

/** Steps of the slider; each makes the brush wider by the same factor. */
export const sliderSteps = 100;
/** The radius at a position of the slider, and back. @param position 0 … `sliderSteps` */
export const radiusAt = (position: number): number => least * (most / least) ** (position / sliderSteps);
export const positionOf = (radius: number): number =>
  Math.round((sliderSteps * Math.log(within(radius) / least)) / Math.log(most / least));
