import type { Page } from 'playwright-core';

/** Draws a line on the annotators' page with the mouse. @param places shares of the stage's width and height */
export async function draw(page: Page, ...places: [number, number][]): Promise<void> {
  const box = (await page.locator('.stage canvas').nth(1).boundingBox())!;
  const at = ([u, v]: [number, number]): [number, number] => [box.x + u * box.width, box.y + v * box.height];
  await page.mouse.move(...at(places[0]));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 5 });
  await page.mouse.up();
}
