/** Names and attributes in the formats that hold them. */
import { exportFormatFacts, exportFormatNames } from '@saltworks/contract/export-formats';
import { expect, test } from 'vitest';
import { exportFormats } from '../../src/formats/export.ts';
import { documentText } from '../../src/formats/exporter.ts';
import { xmlText } from '../../src/formats/xml-text.ts';
import { segmentsInfo } from '../../src/mask/mask.ts';

const mask = { ids: new Uint32Array(16).fill(7, 5, 9), width: 4, height: 4 };
const attributes = { name: 'left', wet: true, grain: '<"coarse">', depth: 2.5 };
const segments = segmentsInfo(mask, [], []).map((segment) => ({ ...segment, category_id: 1, attributes }));
const dataset = { name: 'pans', date: '2026-11-30', categories: [{ id: 1, name: 'salt', isthing: 1 as const }] };
const picture = { bytes: new Uint8Array(1), pixels: { data: new Uint8Array(48), width: 4, height: 4 } };

/** All texts of an export of one image. */
async function exported(format: keyof typeof exportFormats): Promise<string> {
  const exporter = exportFormats[format](dataset);
  const ofImage = { sky: 'grey' };
  const { files, lines } = exporter.image({
    ...{ id: 1, fileName: 'a.png', stem: 'a', mask, segments, attributes: ofImage, picture },
  });
  const texts = files.map(({ bytes }) => new TextDecoder().decode(bytes));
  for (const document of exporter.documents) {
    for await (const text of documentText(document, (list) => lines[list] ?? [])) texts.push(text);
  }
  return texts.join('\n');
}

test.each(exportFormatNames)('%s holds them, or says that it loses them', async (format) => {
  const text = await exported(format);
  const { keeps, loses } = exportFormatFacts[format];
  if (format === 'overlays') return expect(loses).toBe('Everything but the look.');
  const json = JSON.stringify(attributes);
  if (format === 'cvat') {
    const values = `<attribute name="wet">true</attribute><attribute name="grain">${xmlText(attributes.grain)}</attribute>`;
    expect(text).toContain(`<attribute name="name">left</attribute>${values}<attribute name="depth">2.5</attribute>`);
    expect([keeps, loses]).toEqual([
      expect.stringContaining('Attributes of segments, as their labels declare them, and names'),
      expect.stringContaining('of images'),
    ]);
  } else if (keeps.includes('Attributes and names')) {
    expect(text.replace(',"isthing":true', '')).toContain(json);
    expect(text).toContain('"sky":"grey"');
    if (format === 'labelme') expect(text).toContain('"flags":{"wet":true}');
  } else {
    expect(text).not.toMatch(/coarse|grey/);
    // Label Studio holds what a campaign asks for, and here none asks.
    expect(loses).toMatch(
      format === 'label-studio'
        ? /Attributes that no campaign asks for are dropped\./
        : /Attributes and names are dropped\./,
    );
  }
});
