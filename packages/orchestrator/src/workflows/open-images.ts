import type { ImageRequest, OpenedImage } from '@saltworks/contract/messages/annotate';
import { isCancellation } from '@temporalio/workflow';
import { openImage, priorities } from './image-host.ts';

/**
 * Opens images that annotators will come to soon, when workers have time for it.
 *
 * @returns in the images' order; null for one that could not be opened, and will be asked for again
 */
export async function openImages({ images }: { images: ImageRequest[] }): Promise<(OpenedImage | null)[]> {
  return Promise.all(
    images.map((image) =>
      openImage(image, priorities.warm).catch((error) => {
        if (isCancellation(error)) throw error;
        return null;
      }),
    ),
  );
}
