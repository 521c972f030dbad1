import type { openImages as definition, OpenedImage } from '@saltworks/contract/messages/annotate';
import type { InputOf } from '@saltworks/contract/messages/definitions';
import { isCancellation } from '@temporalio/workflow';
import { openImage, priorities } from './image-host.ts';

/**
 * Opens the images that annotators are likely to get next, when workers have time.
 *
 * @returns in the images' order; null for one that could not be opened
 */
export async function openImages({ images }: InputOf<typeof definition>): Promise<(OpenedImage | null)[]> {
  return Promise.all(
    images.map((image) =>
      openImage(image, priorities.warm).catch((error) => {
        if (isCancellation(error)) throw error;
        return null;
      }),
    ),
  );
}
